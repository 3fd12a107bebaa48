/**
 * The index: rows at 1000 frames a second through its own thread, beside plain inserts of the same rows by the same binding;
 * and a time range of 1000 rows out of ten million through the reader, beside the sqlite3 program.
 */
import { rangeCase } from './index/range.js';
import { rowsCase } from './index/rows.js';

export const cases = [rowsCase, rangeCase];
