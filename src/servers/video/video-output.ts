/** The stretched preview of the first camera as a camera of its own, for programs that know nothing else (v4l2loopback). */
import { reasonOf } from '#gps/errors.js';
import { greyOf } from '#src/servers/web/live/grey-picture.js';
import type { StationFace } from '#src/station/station-face.js';
import { LoopbackDevice, yuyvOf } from './loopback-device.js';

/** How often is looked for a new preview. */
const TICK_MS = 40;
const CAMERA = 0;

type PreviewSource = Pick<StationFace, 'preview' | 'previewCount' | 'askPreview'>;

export class VideoOutput {
  readonly #station: PreviewSource;
  readonly #device: LoopbackDevice;
  readonly #failed: (why: string) => void;
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #size = '';
  /** The picture that is being written: the next one is the newest when it has gone. */
  #underWay: Promise<void> | null = null;

  private constructor(station: PreviewSource, device: LoopbackDevice, failed: (why: string) => void) {
    this.#station = station;
    this.#device = device;
    this.#failed = failed;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** `failed`: told once, when the device takes no more. @throws as `LoopbackDevice.open` */
  static async open(station: PreviewSource, path: string, failed: (why: string) => void): Promise<VideoOutput> {
    return new VideoOutput(station, await LoopbackDevice.open(path), failed);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#underWay;
    await this.#device.close();
  }

  #tick(): void {
    const count = this.#station.previewCount(CAMERA);
    if (this.#underWay !== null) return;
    this.#station.askPreview(CAMERA);
    if (count === this.#count) return;
    this.#count = count;
    this.#underWay = this.#write()
      .catch((error: unknown) => {
        clearInterval(this.#timer);
        this.#failed(reasonOf(error));
      })
      .finally(() => {
        this.#underWay = null;
      });
  }

  async #write(): Promise<void> {
    const preview = this.#station.preview(CAMERA);
    if (preview === null) return;
    const { width, height } = preview;
    const columns = width - (width % 2);
    const size = `${columns} x ${height}`;
    if (size !== this.#size) this.#device.setSize(columns, height);
    this.#size = size;
    await this.#device.write(yuyvOf(greyOf(preview.mean, preview.bitDepth, { stretch: 'auto' }), width, columns));
  }
}
