/** `--filters 1=L,2=R,3=G`: slots of a filter wheel, with their names where they are given. */
import { UsageError } from '#src/config/usage-error.js';

export interface Filter {
  /** Counted from 1. */
  readonly slot: number;
  /** What it is called in files and index; its number where it has no name. */
  readonly name: string;
}

/** Null, once, where no filters are named: the wheel stays as it stands. @throws UsageError `usage.filters` */
export function filtersOf(text: string | undefined): readonly (Filter | null)[] {
  if (text === undefined) return [null];
  return text.split(',').map((word) => {
    const [, slot = '', name] = /^\s*(\d{1,2})\s*(?:=\s*([^,=]{1,60}?)\s*)?$/.exec(word) ?? [];
    const number = Number(slot);
    if (slot !== '' && number >= 1 && number <= 64) return { slot: number, name: name ?? String(number) };
    throw new UsageError(
      'usage.filters',
      `--filters ${text}: write slots counted from 1, such as 1,2,3 or 1=L,2=R,3=G`,
    );
  });
}
