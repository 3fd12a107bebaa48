/**
 * Mode `rms` of the stack: the numbers of RMS's compressor (RMS/CompressionCy.pyx, read and run at commit f441ef15). Its
 * deviation is too large, because the average is cut to a whole number before the variance is made: kept, so that stations
 * can be compared. Accumulators: sum of squares u32, sum u16, the four largest u8 a plane each, frame of maximum u8.
 */
import type { StackFrames, StackPlanes, StackTile } from './stack.js';

function planesOf({ accumulators, pixels, firstPixel, count }: StackTile) {
  const { buffer, byteOffset } = accumulators;
  const bytes = (plane: number) => new Uint8Array(buffer, byteOffset + plane * pixels + firstPixel, count);
  return {
    squares: new Uint32Array(buffer, byteOffset + 4 * firstPixel, count),
    sum: new Uint16Array(buffer, byteOffset + 4 * pixels + 2 * firstPixel, count),
    top: [bytes(6), bytes(7), bytes(8), bytes(9)] as const,
    frame: bytes(10),
  };
}

export function addRms(tile: StackTile, { values, frameCount, firstFrame, shift, sums }: StackFrames): void {
  const { squares, sum, top, frame } = planesOf(tile);
  const { count } = tile;
  if (firstFrame === 0) for (const plane of [squares, sum, ...top, frame]) plane.fill(0);
  for (let k = 0; k < frameCount; k++) {
    let total = 0;
    for (let i = 0; i < count; i++) {
      let value = Math.min(255, (values[k * count + i] as number) >> shift);
      total += value;
      sum[i] = (sum[i] as number) + value;
      squares[i] = (squares[i] as number) + value * value;
      if (value > (top[0][i] as number)) frame[i] = firstFrame + k;
      for (const plane of top) {
        const before = plane[i] as number;
        plane[i] = Math.max(before, value);
        value = Math.min(before, value);
      }
    }
    sums[k] = (sums[k] as bigint) + BigInt(total);
  }
}

export function finishRms(tile: StackTile, frameCount: number, planes: StackPlanes): void {
  const { squares, sum, top, frame } = planesOf(tile);
  for (let i = 0; i < tile.count; i++) {
    let total = sum[i] as number;
    let totalSquares = squares[i] as number;
    for (const plane of top) {
      const value = plane[i] as number;
      total -= value;
      totalSquares -= value * value;
    }
    const average = Math.floor(total / (frameCount - 4));
    const variance = Math.floor((totalSquares - total * average) / (frameCount - 5));
    planes.maximum[i] = top[0][i] as number;
    planes.frameOfMaximum[i] = frame[i] as number;
    planes.average[i] = average;
    planes.deviation[i] = Math.max(1, Math.floor(Math.sqrt(variance)));
  }
}
