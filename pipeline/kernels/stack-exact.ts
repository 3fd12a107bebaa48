/** Mode `exact` of the stack. Accumulators: sum of squares u64, sum u32, maximum u16, frame of maximum u16, a plane each. */
import type { StackFrames, StackPlanes, StackTile } from './stack.js';

function planesOf({ accumulators, pixels, firstPixel, count }: StackTile) {
  const { buffer, byteOffset } = accumulators;
  return {
    squares: new BigUint64Array(buffer, byteOffset + 8 * firstPixel, count),
    sum: new Uint32Array(buffer, byteOffset + 8 * pixels + 4 * firstPixel, count),
    maximum: new Uint16Array(buffer, byteOffset + 12 * pixels + 2 * firstPixel, count),
    frame: new Uint16Array(buffer, byteOffset + 14 * pixels + 2 * firstPixel, count),
  };
}

export function addExact(tile: StackTile, { values, frameCount, firstFrame, sums }: StackFrames): void {
  const planes = planesOf(tile);
  const { count } = tile;
  for (const plane of Object.values(planes)) {
    if (firstFrame !== 0) break;
    if (plane instanceof BigUint64Array) plane.fill(0n);
    else plane.fill(0);
  }
  for (let i = 0; i < count; i++) {
    let sum = planes.sum[i] as number;
    let maximum = planes.maximum[i] as number;
    // Eight squares of 16 bits stay below 2^53.
    let squares = 0;
    for (let k = 0; k < frameCount; k++) {
      const value = values[k * count + i] as number;
      if (value > maximum) {
        maximum = value;
        planes.frame[i] = firstFrame + k;
      }
      sum += value;
      squares += value * value;
    }
    planes.sum[i] = sum;
    planes.maximum[i] = maximum;
    planes.squares[i] = (planes.squares[i] as bigint) + BigInt(squares);
  }
  for (let k = 0; k < frameCount; k++) {
    let sum = 0;
    for (let i = k * count; i < (k + 1) * count; i++) sum += values[i] as number;
    sums[k] = (sums[k] as bigint) + BigInt(sum);
  }
}

export function finishExact(tile: StackTile, frameCount: number, planes: StackPlanes): void {
  const stack = planesOf(tile);
  const n = frameCount - 1;
  for (let i = 0; i < tile.count; i++) {
    const maximum = stack.maximum[i] as number;
    const sum = (stack.sum[i] as number) - maximum;
    const squares = (stack.squares[i] as bigint) - BigInt(maximum * maximum);
    // n times the squares less the sum squared is n(n-1) times the unbiased variance, and an integer.
    const spread = BigInt(n) * squares - BigInt(sum) * BigInt(sum);
    planes.maximum[i] = maximum;
    planes.frameOfMaximum[i] = stack.frame[i] as number;
    planes.average[i] = sum / n;
    planes.deviation[i] = Math.sqrt(Number(spread) / (n * (n - 1)));
  }
}
