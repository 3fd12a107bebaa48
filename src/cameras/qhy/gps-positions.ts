/**
 * Positions A and B of cameras with a receiver of their own: where in the sensor's timing the header's end and start are taken. They differ
 * with exposure, depth and USB traffic, and initialising the camera forgets them.
 */
import { declareControl } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import { LED_POSITION, LED_WIDTH, publishedPosition } from './led-positions.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';

export type Edge = 'Start' | 'End';

const EDGES: readonly Edge[] = ['Start', 'End'];
const FUNCTIONS = { Start: 'SetQHYCCDGPSPOSB', End: 'SetQHYCCDGPSPOSA' } as const;
/** What the published positions are of. */
const PUBLISHED = /QHY-?174/i;

export interface PositionContext {
  readonly model: string;
  /** Why this camera has no positions; null where it has. */
  readonly missing: string | null;
  readonly exposure: () => { readonly us: number; readonly bits: number };
  readonly slave: () => boolean;
  /** Whether the header is on: without it the marks say nothing. */
  readonly headerOn: () => boolean;
}

export class GpsPositions {
  readonly controls: readonly QhyControl[];
  readonly #device: QhyDevice;
  readonly #context: PositionContext;
  /** As the operator sets them; 0: as published. */
  readonly #given: Record<Edge, number> = { Start: 0, End: 0 };

  constructor(device: QhyDevice, context: PositionContext) {
    this.#device = device;
    this.#context = context;
    this.controls = EDGES.map((edge) => this.#control(edge));
  }

  /** Why positions cannot be set; null where they can. */
  get unavailable(): string | null {
    const { missing } = this.#context;
    const functions = EDGES.map((edge) => this.#device.unavailable(FUNCTIONS[edge]));
    return missing ?? functions.find((why) => why !== null) ?? null;
  }

  /** Where the mark stands; null where nobody has set it and nothing is published of the model. */
  position(edge: Edge): number | null {
    if (this.#given[edge] > 0) return this.#given[edge];
    const { us, bits } = this.#context.exposure();
    return PUBLISHED.test(this.#context.model) ? publishedPosition(edge, us, bits) : null;
  }

  /** Tells the camera both, as far as they are known. */
  async tell(): Promise<void> {
    if (this.unavailable !== null || !this.#context.headerOn()) return;
    for (const edge of EDGES) {
      const position = this.position(edge);
      if (position !== null) await this.place(edge, position, LED_WIDTH.usual);
    }
  }

  /** @throws SdkError where the camera's count does not reach `position` */
  async place(edge: Edge, position: number, width: number): Promise<void> {
    if (position < LED_POSITION.least || position > LED_POSITION.most) {
      throw new SdkError(
        'sdk.refused',
        `the pulse would stand at ${position} of the camera's own count, which goes from ${LED_POSITION.least} to ${LED_POSITION.most}: set it nearer to LedPulseOrigin`,
      );
    }
    await this.#device.tell(FUNCTIONS[edge], this.#context.slave() ? 1 : 0, position, width);
  }

  #control(edge: Edge): QhyControl {
    const positions = this;
    const what = edge === 'Start' ? 'start of the exposure (B)' : 'end of the exposure (A)';
    return {
      declaration: declareControl({
        name: `GpsPosition${edge}`,
        label: `Position of the ${what}`,
        group: 'Clock',
        type: 'integer',
        minimum: 0,
        maximum: LED_POSITION.most,
        step: 1,
        default: 0,
        help: `Where the header takes the ${what}, in the camera's own count. 0: as published for a QHY174GPS at its exposure and depth, USB traffic 0; of other models nothing is published, and 0 leaves it alone.`,
      }),
      get value() {
        return positions.#given[edge];
      },
      get unavailable() {
        return positions.unavailable;
      },
      async set(value) {
        positions.#given[edge] = Number(value);
        await positions.tell();
      },
      apply: () => positions.tell(),
    };
  }
}
