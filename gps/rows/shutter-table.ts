/**
 * What is published of cameras that do not tell their shutter's timing themselves. Where nothing is, the table says `null`, and
 * the bound of the rows' times tells so: a guess would be worse.
 */
import type { ShutterModel } from './shutter.js';

interface TableRow {
  /** Of the camera's model name. */
  readonly model: RegExp;
  readonly shutter: Omit<ShutterModel, 'origin'>;
  readonly source: string;
}

const GLOBAL = { kind: 'global', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: false } as const;
/** VSYNC at the end of row 0, everything else unknown. */
const ROLLING = { kind: 'rolling', linePeriodNs: null, rowZeroEndOffsetNs: null, rowPairs: true } as const;

const TABLE: readonly TableRow[] = [
  {
    model: /QHY-?600/i,
    shutter: { ...ROLLING, linePeriodNs: 43_194n, rowZeroEndOffsetNs: 1_974_286n },
    source: 'measured by LAST (LAST_QHYccd, RollingShutterEndOffset.m): 1974.286 us, then 86.388 us every second row',
  },
  {
    model: /QHY-?(411|461|268)/i,
    shutter: ROLLING,
    source:
      'QHYCCD: ShutterMeasure is VSYNC, near the end of exposure of the first row; line periods are not published',
  },
  {
    model: /QHY-?(174|550|990|991|1253)/i,
    shutter: GLOBAL,
    source: 'QHYCCD SDK manual 2.1: global shutters, start and end stamped each',
  },
];

/** Read modes in which the rows of such a sensor are read one by one. */
const ONE_BY_ONE = /2CMS/i;

/**
 * The shutter of camera `model` as the table knows it; null where it does not. `readMode`: the maker's name of the mode.
 * Rows are read in pairs but for the 2CMS modes (Siril's `gps` command).
 */
export function publishedShutter(model: string, readMode: string | null): (ShutterModel & { source: string }) | null {
  const row = TABLE.find((each) => each.model.test(model));
  if (row === undefined) return null;
  const rowPairs = row.shutter.rowPairs && !(readMode !== null && ONE_BY_ONE.test(readMode));
  return { ...row.shutter, rowPairs, origin: 'table', source: row.source };
}
