/**
 * The pixels of a preview on their way to the page: each as its step from the pixel on its left, a byte, where that is enough, as it nearly always is. Half
 * the bytes: what a browser takes to carry them from the socket to the page is most of what it takes for a frame.
 */

export interface CodedPixels {
  /** Of each pixel, row by row, -127 to 127 from the one before it; of the very first from 0. ELSEWHERE: the value is the next of `others`. */
  readonly steps: Uint8Array;
  /** uint16, little-endian. */
  readonly others: Uint8Array;
}

const ELSEWHERE = 0x80;

export function codePixels(pixels: Uint16Array): CodedPixels {
  const steps = new Uint8Array(pixels.length);
  const others: number[] = [];
  let before = 0;
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i] as number;
    const step = value - before;
    if (step > -128 && step < 128) steps[i] = step;
    else {
      steps[i] = ELSEWHERE;
      others.push(value);
    }
    before = value;
  }
  return { steps, others: new Uint8Array(Uint16Array.from(others).buffer) };
}

/** uint16, little-endian. */
export function decodePixels({ steps, others }: CodedPixels): Uint8Array {
  const pixels = new Uint16Array(steps.length);
  const apart = new Uint16Array(new Uint8Array(others).buffer);
  let taken = 0;
  let value = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as number;
    value = step === ELSEWHERE ? (apart[taken++] ?? 0) : value + ((step << 24) >> 24);
    pixels[i] = value;
  }
  return new Uint8Array(pixels.buffer);
}
