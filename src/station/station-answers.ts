/** What the main thread asks of the acquisition thread, and the answers. Nothing throws: whoever asks is told what went wrong. */
import { AppulseError, reasonOf } from '#gps/errors.js';
import type { MarkRequest } from './mark-request.js';
import type { ToAcquisitionThread, ToMain } from './messages.js';
import type { StationCamera } from './station-camera.js';
import type { PixelRegion } from './station-face.js';

type Message<Kind extends ToAcquisitionThread['kind']> = Extract<ToAcquisitionThread, { kind: Kind }>;

export class StationAnswers {
  readonly #cameras: readonly StationCamera[];
  readonly #post: (message: ToMain) => void;

  constructor(cameras: readonly StationCamera[], post: (message: ToMain) => void) {
    this.#cameras = cameras;
    this.#post = post;
  }

  async answer(message: Exclude<ToAcquisitionThread, { kind: 'stop' }>): Promise<void> {
    switch (message.kind) {
      case 'mark':
        return this.#mark(message.id, message.request);
      case 'controls':
        return this.#listControls(message.id);
      case 'set-controls':
        return this.#setControls(message);
      case 'start-session': {
        const { id, request } = message;
        return this.#turn(id, request.camera, (camera) => camera.startSession(request));
      }
      case 'stop-session':
        return this.#turn(message.id, message.camera, (camera) => camera.stopSession());
      case 'pixels':
        return this.#pixels(message.id, message.camera, message.region);
    }
  }

  /** @throws AppulseError `station.no-camera` */
  #camera(number: number): StationCamera {
    const camera = this.#cameras[number];
    if (camera !== undefined) return camera;
    throw new AppulseError(
      'station.no-camera',
      `there is no camera ${number + 1}: ${this.#cameras.length} ${this.#cameras.length === 1 ? 'is' : 'are'} named`,
    );
  }

  #meant(number: number | null): readonly StationCamera[] {
    return number === null ? this.#cameras : [this.#camera(number)];
  }

  #mark(id: number, request: MarkRequest): void {
    try {
      const marks = this.#meant(request.camera).map((camera) => camera.mark(request));
      this.#post({ kind: 'marked', id, marks });
    } catch (error) {
      this.#post({ kind: 'not-marked', id, ...whyNot(error, 'station.mark-failed') });
    }
  }

  async #listControls(id: number): Promise<void> {
    const controls = await Promise.all(this.#cameras.map((camera) => camera.listControls()));
    this.#post({ kind: 'controls', id, controls });
  }

  async #setControls({ id, request }: Message<'set-controls'>): Promise<void> {
    try {
      this.#post({ kind: 'controls-set', id, answer: await this.#camera(request.camera).setControls(request) });
    } catch (error) {
      this.#post({ kind: 'controls-refused', id, ...whyNot(error, 'station.controls-failed') });
    }
  }

  /** Of several cameras those that can; it fails where none of them can. */
  async #turn(id: number, number: number | null, turn: (camera: StationCamera) => Promise<string>): Promise<void> {
    try {
      const ends = await Promise.allSettled(this.#meant(number).map(turn));
      const sessions = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
      const [failed] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
      if (sessions.length === 0) throw failed;
      this.#post({ kind: 'turned', id, sessions });
    } catch (error) {
      this.#post({ kind: 'not-turned', id, ...whyNot(error, 'station.session-failed') });
    }
  }

  async #pixels(id: number, number: number, region: PixelRegion): Promise<void> {
    try {
      this.#post({ kind: 'pixels', id, pixels: await this.#camera(number).pixels(region) });
    } catch (error) {
      this.#post({ kind: 'no-pixels', id, ...whyNot(error, 'station.pixels-failed') });
    }
  }
}

function whyNot(error: unknown, otherwise: string): { readonly code: string; readonly message: string } {
  return { code: error instanceof AppulseError ? error.code : otherwise, message: reasonOf(error) };
}
