/** The words of grades and sources for people. */
import type { Grade, TimeSource } from '#gps/frame-time.js';

export const GRADE_WORDS: Readonly<Record<Grade, string>> = {
  locked: 'Locked',
  holdover: 'Holdover',
  coarse: 'Coarse',
  untrusted: 'Untrusted',
};

/** What a grade promises, in a sentence. */
export const GRADE_MEANINGS: Readonly<Record<Grade, string>> = {
  locked: 'GPS time; every check passed.',
  holdover: 'GPS was locked and is not now; the oscillator carries the time within its measured drift.',
  coarse: 'Not GPS time; true within the stated bound.',
  untrusted: 'Contradicted, implausible or stale: do not use this time.',
};

export const SOURCE_WORDS: Readonly<Record<TimeSource, string>> = {
  'gps-header': 'GPS header',
  ptp: 'PTP time stamp',
  'toupcam-gps': 'GPS by the camera’s library',
  'camera-clock': 'Camera clock',
  'host-clock': 'Host clock at receipt',
};
