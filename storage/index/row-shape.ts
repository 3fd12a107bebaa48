/**
 * Rows of the index as objects: which column of SQL a field comes from and what it must hold. SQLite keeps whatever anybody writes into a
 * column, so that every value is looked at; whole numbers come as bigint and become numbers only where they fit.
 */
import { StorageError } from '../errors.js';

/** The value as the field has it; undefined where the column holds something else. */
export type Decode<T> = (value: unknown) => T | undefined;

/** By field: the column's SQL, and what it must hold. */
export type Columns<Row> = { readonly [K in keyof Row]-?: readonly [sql: string, decode: Decode<Row[K]>] };

/** Nanoseconds, keys: never a double. */
export const integer: Decode<bigint> = (value) => (typeof value === 'bigint' ? value : undefined);

/** 64 bits that SQLite holds with a sign. */
export const unsigned: Decode<bigint> = (value) => (typeof value === 'bigint' ? BigInt.asUintN(64, value) : undefined);

/** A whole number that a double holds. */
export const count: Decode<number> = (value) => {
  if (typeof value !== 'bigint') return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
};

export const real: Decode<number> = (value) =>
  typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined;

export const text: Decode<string> = (value) => (typeof value === 'string' ? value : undefined);

export const flag: Decode<boolean> = (value) => (value === 1n ? true : value === 0n ? false : undefined);

/** Words with spaces between. */
export const words: Decode<readonly string[]> = (value) =>
  typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : undefined;

/** One of some words; a word that this program does not know is passed on as it is. */
export const word =
  <T extends string>(): Decode<T> =>
  (value) =>
    typeof value === 'string' ? (value as T) : undefined;

export const nullable =
  <T>(decode: Decode<T>): Decode<T | null> =>
  (value) =>
    value === null ? null : decode(value);

type Field = readonly [field: string, sql: string, decode: Decode<unknown>];

type Make = (values: readonly unknown[], decoders: readonly Decode<unknown>[]) => Record<string, unknown> | number;

/**
 * What makes an object with `fields` of a row's values, or tells the first value that is of another kind: code with each field in it by
 * name, because an object filled field by field took longer than SQLite did for the row. The names are those of our own declarations.
 */
function makerOf(fields: readonly string[]): Make {
  const lines = fields.map(
    (_, i) => `const v${i} = decoders[${i}](values[${i}]); if (v${i} === undefined) return ${i};`,
  );
  const parts = fields.map((field, i) => `${JSON.stringify(field)}: v${i}`);
  return new Function('values', 'decoders', `${lines.join('\n')}\nreturn { ${parts.join(', ')} };`) as Make;
}

export class RowShape<Row extends object> {
  /** What stands behind SELECT. */
  readonly sql: string;
  readonly #what: string;
  readonly #fields: readonly Field[];
  readonly #make: Make;
  readonly #decoders: readonly Decode<unknown>[];

  /** `what`: a row for people, as `frame`. The first column is what tells rows of this shape apart. */
  constructor(what: string, columns: Columns<Row>) {
    this.#what = what;
    this.#fields = Object.entries<readonly [string, Decode<unknown>]>(columns).map(([field, [sql, decode]]) => [
      field,
      sql,
      decode,
    ]);
    this.#decoders = this.#fields.map(([, , decode]) => decode);
    this.#make = makerOf(this.#fields.map(([field]) => field));
    this.sql = this.#fields.map(([, sql]) => sql).join(', ');
  }

  /** A row from the values of `sql` in order. Throws `storage.index-row` where one is of another kind. */
  of(values: readonly unknown[]): Row {
    const row = this.#make(values, this.#decoders);
    if (typeof row === 'object') return row as Row;
    throw this.#bad(this.#fields[row]?.[1] ?? '', values[row], values[0]);
  }

  #bad(sql: string, value: unknown, first: unknown): StorageError {
    const held = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);
    const column = /^[\w.]+$/.test(sql) ? sql : `one of its columns (${sql})`;
    return new StorageError(
      'storage.index-row',
      `the row of ${this.#what} ${first} in the index was changed by hand: ${column} holds ${held}; set it right, or have the index made again from the files`,
      { context: { row: String(first), column: sql } },
    );
  }
}
