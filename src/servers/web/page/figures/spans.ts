/** How spans of time are written on the page. Nanoseconds are bigint throughout. */

const UNITS = [
  { unit: 'ns', ns: 1n },
  { unit: 'µs', ns: 1_000n },
  { unit: 'ms', ns: 1_000_000n },
  { unit: 's', ns: 1_000_000_000n },
] as const;

/**
 * A bound of an error with the unit that fits and three figures, rounded up: a bound that is rounded down claims more than it can
 * prove. `120 ns`, `1.24 µs`, `2 ms`.
 */
export function boundText(ns: bigint): string {
  return inUnit(ns, (value, step) => ((value + step - 1n) / step) * step);
}

/** A span with the unit that fits and three figures, rounded to the nearest: `49 ms`. */
export function spanText(ns: bigint): string {
  return ns < 0n ? `−${spanText(-ns)}` : inUnit(ns, (value, step) => ((value + step / 2n) / step) * step);
}

/** The same with its sign. */
export function signedSpanText(ns: bigint): string {
  return ns < 0n ? spanText(ns) : `+${spanText(ns)}`;
}

function inUnit(ns: bigint, rounded: (value: bigint, step: bigint) => bigint): string {
  const digits = ns.toString().length;
  const step = digits > 3 ? 10n ** BigInt(digits - 3) : 1n;
  const value = rounded(ns, step);
  const chosen = UNITS.findLast((each) => value >= each.ns) ?? UNITS[0];
  const whole = value / chosen.ns;
  const fraction = (value % chosen.ns)
    .toString()
    .padStart(chosen.ns.toString().length - 1, '0')
    .replace(/0+$/, '');
  return `${whole}${fraction === '' || chosen.ns === 1n ? '' : `.${fraction}`} ${chosen.unit}`;
}

/** How long something has lasted, for people: `42 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function lastingText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${two(Math.floor((whole % 3_600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3_600)} h`;
}

/** `00:12:33`, for something that runs. */
export function runningText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
