/** How counts, rates and sizes are written on the page: figure and unit apart, since the figure is larger. */

export interface Amount {
  readonly figure: string;
  readonly unit: string;
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes with three figures and a decimal unit, as disks are sold: `500 GB`. */
export function bytesAmount(bytes: number): Amount {
  let value = bytes;
  let step = 0;
  while (value >= 999.5 && step < SIZES.length - 1) {
    value /= 1_000;
    step++;
  }
  return { figure: step === 0 ? String(Math.round(value)) : threeFigures(value), unit: SIZES[step] ?? 'B' };
}

/** Three figures: `0.23`, `4.50`, `12.0`, `120`. */
export function threeFigures(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/** `1,234,567`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 frame`, `12 frames`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** A share from 0 to 1: `4 %`. */
export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`;
}
