/** The runs of a bridged camera, one after the other, and the memory that their frames are in. */
import { reasonOf } from '#gps/errors.js';
import { prefault } from '#pipeline/ring/shared-memory.js';
import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { payloadBytesOf } from '#pipeline/wire/pixel-formats.js';
import { ACQUISITION_MODE } from '../gige-vision/device/bootstrap.js';
import type { FrameSender } from '../gige-vision/device/frame-sender.js';
import type { StreamTarget } from '../gige-vision/device/gige-vision-device.js';
import type { RegisterMemory } from '../gige-vision/device/register-memory.js';
import { slotBytesFor } from '../sdk/info-chunk.js';
import type { SdkEvent, SdkFrame, StreamRequest } from '../sdk/sdk-camera.js';
import type { SdkClient } from '../sdk/sdk-client.js';
import type { SdkLog } from '../sdk/sdk-target.js';
import { SlotMemory, strideOf } from '../sdk/slot-memory.js';
import { streamRequest } from '../sdk/stream-request.js';
import { BridgeRun } from './bridge-run.js';
import { MODE } from './mode-registers.js';

/** Most frames that are kept, however small they are. */
const MOST_SLOTS = 1_024;
const LEAST_SLOTS = 4;

export interface BridgeStreamsOptions {
  readonly client: SdkClient;
  readonly sender: FrameSender;
  /** What a start means stands in its registers. */
  readonly memory: RegisterMemory;
  /** For frames: on their way, and for packet resend. */
  readonly memoryBytes: number;
  /** Where frames go; null: nobody has said it. */
  readonly target: () => StreamTarget | null;
  /** A run began or ended. */
  readonly changed: () => void;
  readonly log: SdkLog;
  readonly event: (event: SdkEvent) => void;
}

export class BridgeStreams {
  readonly #options: BridgeStreamsOptions;
  #slots: SlotMemory | null = null;
  #run: BridgeRun | null = null;
  /** Starts and stops in the order in which they were asked for. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: BridgeStreamsOptions) {
    this.#options = options;
  }

  get running(): BridgeRun | null {
    return this.#run;
  }

  /** The driver has a frame; one of a run that is over is forgotten. */
  frame(slot: number, frame: SdkFrame): void {
    if (this.#run !== null) this.#run.frame(slot, frame);
    else this.#slots?.free(slot);
  }

  /** Sends nothing more; `stop` follows, or the end of the camera. */
  abort(): void {
    this.#run?.abort();
  }

  /** Ends the run before, and begins one. Resolves with a GVCP status; does not throw. */
  start(): Promise<number> {
    return this.#next(() => this.#start());
  }

  /** Ends the run, with all frames sent that the driver gave. Resolves with a GVCP status; does not throw. */
  stop(): Promise<number> {
    return this.#next(() => this.#stop());
  }

  #next<T>(call: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(call);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #start(): Promise<number> {
    const { client, sender, log, event, changed } = this.#options;
    await this.#stop();
    const target = this.#options.target();
    if (target === null) {
      log('warning', 'acquisition was started without a destination of the stream: nothing is sent');
      return GVCP_STATUS.invalidParameter;
    }
    try {
      const memory = await this.#slotsForMode();
      this.#run = new BridgeRun({ sender, target, memory, mode: client.mode, event });
      await client.start(this.#request(), { kind: 'slots', memory: memory.handle });
      return GVCP_STATUS.success;
    } catch (error) {
      this.#run?.abort();
      this.#run = null;
      log('error', `the camera does not stream: ${reasonOf(error)}`);
      return GVCP_STATUS.error;
    } finally {
      changed();
    }
  }

  async #stop(): Promise<number> {
    const { client, log, changed } = this.#options;
    const run = this.#run;
    try {
      await client.stop();
      await run?.finish();
    } catch (error) {
      log('warning', `the stream was not ended well: ${reasonOf(error)}`);
    }
    run?.abort();
    if (this.#run === run) this.#run = null;
    changed();
    return GVCP_STATUS.success;
  }

  /** What a start means, by AcquisitionMode and the controls of bursts. */
  #request(): StreamRequest {
    const { memory, client } = this.#options;
    const mode = memory.u32(MODE.acquisitionMode);
    if (mode === ACQUISITION_MODE.singleFrame) return { kind: 'single', frames: 1 };
    if (mode === ACQUISITION_MODE.multiFrame) return { kind: 'single', frames: memory.u32(MODE.acquisitionFrameCount) };
    return streamRequest(client.controls);
  }

  /** Memory of the run before, where it fits. */
  async #slotsForMode(): Promise<SlotMemory> {
    const { mode } = this.#options.client;
    const slotBytes = slotBytesFor(mode, payloadBytesOf(mode.pixelFormat, mode.width, mode.height));
    const former = this.#slots;
    if (former !== null && former.handle.strideBytes === strideOf(slotBytes)) {
      former.reset();
      return former;
    }
    this.#slots = null;
    const fit = Math.floor(this.#options.memoryBytes / strideOf(slotBytes));
    const memory = SlotMemory.create(slotBytes, Math.min(MOST_SLOTS, Math.max(LEAST_SLOTS, fit)));
    await prefault([memory.handle.slots]);
    this.#slots = memory;
    return memory;
  }
}
