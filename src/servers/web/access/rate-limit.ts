/** Token buckets: so many a second, and some at once after a rest. */

/** Addresses that are remembered; the one that was made first is forgotten first. */
const MOST_ADDRESSES = 4_096;

export class Bucket {
  readonly #perSecond: number;
  readonly #atOnce: number;
  #left: number;
  #sinceMs: number;

  constructor(perSecond: number, atOnce: number, nowMs: number = performance.now()) {
    this.#perSecond = perSecond;
    this.#atOnce = atOnce;
    this.#left = atOnce;
    this.#sinceMs = nowMs;
  }

  /** Whether one more may be. */
  take(nowMs: number = performance.now()): boolean {
    this.#left = Math.min(this.#atOnce, this.#left + ((nowMs - this.#sinceMs) / 1_000) * this.#perSecond);
    this.#sinceMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}

/** Who sends: an IPv4 address, or the network of an IPv6 one, because one machine has all addresses of that. */
export function senderOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) while (groups.length < 8 - (tail === '' ? 0 : tail.split(':').length)) groups.push('0');
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** A value for each sender, of a bounded number of them. */
export class SenderMap<T> {
  readonly #values = new Map<string, T>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  of(sender: string): T {
    let value = this.#values.get(sender);
    if (value === undefined) {
      if (this.#values.size >= MOST_ADDRESSES) this.forget(String(this.#values.keys().next().value));
      value = this.#make();
      this.#values.set(sender, value);
    }
    return value;
  }

  forget(sender: string): void {
    this.#values.delete(sender);
  }
}
