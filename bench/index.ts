/**
 * The index: rows at 1000 frames a second through its own thread, and as many as go into it, beside plain inserts of the same rows by the
 * same binding; and, out of ten million frames, a time range of 1000 rows through the reader and the questions of docs/index.md, beside
 * the sqlite3 program.
 */
import { insertCase } from './index/insert.js';
import { questionsCase } from './index/questions.js';
import { rowsCase } from './index/rows.js';

export const cases = [rowsCase, insertCase, questionsCase];
