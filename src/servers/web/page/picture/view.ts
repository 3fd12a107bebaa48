/** Which part of the frame is seen, and how large: zoom and pan, and the way between places of the screen and pixels of the frame. */
import { computed, type ReadonlySignal, signal } from '@preact/signals';

/** What the user looks at; pixels of the frame, device pixels a pixel of the frame. */
interface Look {
  readonly centerX: number;
  readonly centerY: number;
  readonly scale: number;
}

/** Device pixels a pixel of the frame, and the place of the frame that is at the canvas's left top corner. */
export interface Placement {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

const LARGEST_SCALE = 40;

export class View {
  /** The canvas, in device pixels, and how many of them are one pixel of the style sheet. */
  readonly area = signal({ width: 1, height: 1, ratio: 1 });
  readonly placement: ReadonlySignal<Placement>;
  /** Whether the whole frame is seen. */
  readonly fits: ReadonlySignal<boolean>;
  /** Null: the whole frame fits. */
  readonly #chosen = signal<Look | null>(null);
  readonly #fitScale: ReadonlySignal<number>;
  readonly #look: ReadonlySignal<Look>;
  readonly #frameWidth: ReadonlySignal<number>;
  readonly #frameHeight: ReadonlySignal<number>;

  /** `frameWidth`, `frameHeight`: of the frame; 0 before the first. */
  constructor(frameWidth: ReadonlySignal<number>, frameHeight: ReadonlySignal<number>) {
    this.#frameWidth = frameWidth;
    this.#frameHeight = frameHeight;
    this.fits = computed(() => this.#chosen.value === null);
    this.#fitScale = computed(() => {
      const { width, height } = this.area.value;
      return frameWidth.value === 0 ? 1 : Math.min(width / frameWidth.value, height / frameHeight.value);
    });
    this.#look = computed(
      () =>
        this.#chosen.value ?? {
          centerX: frameWidth.value / 2,
          centerY: frameHeight.value / 2,
          scale: this.#fitScale.value,
        },
    );
    this.placement = computed(() => {
      const { width, height } = this.area.value;
      const { centerX, centerY, scale } = this.#look.value;
      return { scale, left: centerX - width / 2 / scale, top: centerY - height / 2 / scale };
    });
  }

  /** Place of the frame under a place of the canvas, given in pixels of the style sheet. */
  frameAt(x: number, y: number): { readonly x: number; readonly y: number } {
    const { scale, left, top } = this.placement.value;
    const { ratio } = this.area.value;
    return { x: left + (x * ratio) / scale, y: top + (y * ratio) / scale };
  }

  /** Place of the canvas, in pixels of the style sheet, where a place of the frame is seen. */
  screenAt(x: number, y: number): { readonly x: number; readonly y: number } {
    const { scale, left, top } = this.placement.value;
    const { ratio } = this.area.value;
    return { x: ((x - left) * scale) / ratio, y: ((y - top) * scale) / ratio };
  }

  /** Zooms by `factor`, down to where the whole frame fits; what is at `x`, `y` (pixels of the style sheet; left out: the middle) stays there. */
  zoomBy(factor: number, x?: number, y?: number): void {
    const { scale } = this.#look.value;
    const fitScale = this.#fitScale.value;
    // A small frame at 1:1 is smaller than it would fit.
    const wanted = Math.min(LARGEST_SCALE, Math.max(Math.min(1, fitScale), scale * factor));
    if (scale >= fitScale && wanted <= fitScale) this.fit();
    else this.#zoomTo(wanted, x, y);
  }

  fit(): void {
    this.#chosen.value = null;
  }

  /** One pixel of the frame is one pixel of the screen; what is at `x`, `y` stays there. */
  trueSize(x?: number, y?: number): void {
    this.#zoomTo(1, x, y);
  }

  /** Moves what is seen by pixels of the style sheet. */
  panBy(x: number, y: number): void {
    if (this.#chosen.value === null) return;
    const { centerX, centerY, scale } = this.#chosen.value;
    const { ratio } = this.area.value;
    this.#choose({ centerX: centerX - (x * ratio) / scale, centerY: centerY - (y * ratio) / scale, scale });
  }

  #zoomTo(scale: number, x?: number, y?: number): void {
    const { width, height, ratio } = this.area.value;
    const [column, row] = [x ?? width / ratio / 2, y ?? height / ratio / 2];
    const held = this.frameAt(column, row);
    this.#choose({
      centerX: held.x - (column * ratio - width / 2) / scale,
      centerY: held.y - (row * ratio - height / 2) / scale,
      scale,
    });
  }

  /** The middle of the canvas never leaves the frame. */
  #choose({ centerX, centerY, scale }: Look): void {
    this.#chosen.value = {
      centerX: Math.min(this.#frameWidth.value, Math.max(0, centerX)),
      centerY: Math.min(this.#frameHeight.value, Math.max(0, centerY)),
      scale,
    };
  }
}
