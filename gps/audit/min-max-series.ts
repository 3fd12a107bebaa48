/** A curve of any length in columns of a fixed number: least and largest value of each, so that no peak is lost. */

/** Columns; half of them are in use at least, once the curve is long. */
const COLUMNS = 960;

export interface Column {
  /** Begin of the column, nanoseconds since 1970 UTC. */
  readonly fromUtcNs: bigint;
  readonly min: number;
  readonly max: number;
}

export interface Series {
  readonly columnNs: number;
  /** Those that hold a value, in order. */
  readonly columns: readonly Column[];
  /** Values whose time lies before the series' begin or years behind it; they are in no column. */
  readonly outside: number;
}

/** A day before the first value, and a year behind it: a time out of that is damaged and would flatten the curve. */
const BEFORE_NS = 86_400e9;
const AFTER_NS = 366 * 86_400e9;

export class MinMaxSeries {
  readonly #min = new Float64Array(COLUMNS).fill(Number.NaN);
  readonly #max = new Float64Array(COLUMNS).fill(Number.NaN);
  #origin: bigint | null;
  #columnNs = 1e6;
  #outside = 0;

  /** `originUtcNs`: where the first column begins; null: at the first value. */
  constructor(originUtcNs: bigint | null) {
    this.#origin = originUtcNs;
  }

  add(utcNs: bigint, value: number): void {
    this.#origin ??= utcNs;
    const after = Number(utcNs - this.#origin);
    if (after < -BEFORE_NS || after > AFTER_NS) {
      this.#outside++;
      return;
    }
    let column = Math.max(0, Math.floor(after / this.#columnNs));
    while (column >= COLUMNS) {
      this.#halve();
      column = Math.floor(after / this.#columnNs);
    }
    if (!(value >= (this.#min[column] as number))) this.#min[column] = value;
    if (!(value <= (this.#max[column] as number))) this.#max[column] = value;
  }

  /** Two columns become one. */
  #halve(): void {
    this.#columnNs *= 2;
    for (const values of [this.#min, this.#max]) {
      const better = values === this.#min ? (a: number, b: number) => !(a > b) : (a: number, b: number) => !(a < b);
      for (let i = 0; i < COLUMNS / 2; i++) {
        const [a, b] = [values[2 * i] as number, values[2 * i + 1] as number];
        values[i] = Number.isNaN(a) ? b : Number.isNaN(b) || better(a, b) ? a : b;
      }
      values.fill(Number.NaN, COLUMNS / 2);
    }
  }

  result(): Series {
    const columns: Column[] = [];
    for (let i = 0; i < COLUMNS; i++) {
      const min = this.#min[i] as number;
      if (Number.isNaN(min)) continue;
      columns.push({
        fromUtcNs: (this.#origin ?? 0n) + BigInt(Math.round(i * this.#columnNs)),
        min,
        max: this.#max[i] as number,
      });
    }
    return { columnNs: this.#columnNs, columns, outside: this.#outside };
  }
}
