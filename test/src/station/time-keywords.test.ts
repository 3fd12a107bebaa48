/** What astropy makes of the times in a recorded segment. */
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { SessionSummary } from '#src/station/messages.js';
import { IndexReader } from '#storage/index/queries.js';
import { appulse, withFolder } from '#test/support/appulse.js';
import { PYTHON, peerTest } from '#test/support/peers.js';
import { suite } from '#test/support/test.js';

const test = suite('time keywords', 60_000);

/** Prints for each frame what astropy reads, in nanoseconds since 1970 as UTC counts them. */
const SCRIPT = `
import sys, json, warnings
from decimal import Decimal
from astropy.io import fits
from astropy.time import Time
from astropy.wcs import WCS
warnings.simplefilter('ignore')
def ns(text):
    t = Time(text, format='fits', scale='utc')
    day = int(round((t.jd1 - 2440587.5)))
    return str(int(round((Decimal(t.jd1 - 2440587.5) + Decimal(t.jd2)) * 86400 * 10**9)))
out = []
with fits.open(sys.argv[1]) as hdus:
    for hdu in hdus[1:]:
        h = hdu.header
        w = WCS(h)
        out.append({
            'obs': ns(h['DATE-OBS']), 'beg': ns(h['DATE-BEG']), 'avg': ns(h['DATE-AVG']), 'end': ns(h['DATE-END']),
            'mjd': repr(h['MJD-OBS']), 'mjdOfObs': repr(float(Time(h['DATE-OBS'], format='fits', scale='utc').mjd)),
            'wcs': w.wcs.dateobs, 'wcsMjd': float(w.wcs.mjdobs), 'obsgeo': [float(x) for x in w.wcs.obsgeo[:3]],
            'sys': h['TIMESYS'], 'syer': float(h['TIMSYER']), 'rder': float(h['TIMRDER']), 'exp': float(h['EXPTIME']),
        })
print(json.dumps(out))
`;

interface Read {
  readonly obs: string;
  readonly beg: string;
  readonly avg: string;
  readonly end: string;
  readonly mjd: string;
  readonly mjdOfObs: string;
  readonly wcs: string;
  readonly wcsMjd: number;
  readonly obsgeo: readonly [number, number, number];
  readonly sys: string;
  readonly syer: number;
  readonly rder: number;
  readonly exp: number;
}

peerTest(test, ['astropy', 'fitsverify'], 'astropy reads the times of a segment to the nanosecond', () =>
  withFolder(async (folder) => {
    const site = ['--latitude', '41.1711', '--longitude', '-73.3275', '--elevation', '12'];
    for (const camera of ['sim:qhy174gps?fps=20', 'sim:qhy411-bin3?fps=5']) {
      const data = join(folder, camera.length.toString());
      const words = ['record', '--camera', camera, '--frames', '5', ...site, '--data', data, '--json'];
      const ended = await appulse(words);
      assert.is(ended.code, 0, ended.stderr);
      const summary = ended.json as SessionSummary;
      const segment = join(summary.folder, readdirSync(summary.folder)[0] ?? '');
      const script = join(folder, 'read.py');
      writeFileSync(script, SCRIPT);
      const done = spawnSync(PYTHON, [script, segment], { encoding: 'utf8' });
      assert.is(done.status, 0, done.stderr);
      const read = JSON.parse(done.stdout) as Read[];
      const index = new IndexReader(summary.index);
      const frames = index.frames({ sessionId: summary.session });
      index.close();
      assert.is(read.length, frames.length);
      for (const [i, frame] of frames.entries()) {
        const times = read[i] as Read;
        assert.is(times.obs, String(frame.startUtcNs));
        assert.is(times.beg, String(frame.startUtcNs));
        assert.is(times.avg, String(frame.midUtcNs));
        assert.is(times.end, String(frame.endUtcNs));
        // A double keeps 0.6 us of an MJD.
        assert.ok(Math.abs(Number(times.mjd) - Number(times.mjdOfObs)) * 86_400e9 < 1_300);
        assert.ok(Math.abs(times.wcsMjd - Number(times.mjd)) * 86_400e9 < 1_300);
        assert.is(times.sys, 'UTC');
        assert.is(Math.round(times.syer * 1e9), Number(frame.uncertaintyNs));
        assert.is(times.rder, 1e-7);
        assert.is(Math.round(times.exp * 1e9), Number(frame.exposureNs));
        // The station stands on the ellipsoid, 12 m above it.
        const [x, y, z] = times.obsgeo;
        assert.ok(Math.abs(Math.hypot(x, y, z) - 6_368_900) < 2_000, `${x} ${y} ${z}`);
        assert.ok(Math.abs((Math.atan2(y, x) * 180) / Math.PI + 73.3275) < 1e-6);
      }
      const verify = spawnSync('fitsverify', [segment], { encoding: 'utf8' });
      assert.match(verify.stdout, 'Verification found 0 warning(s) and 0 error(s)', verify.stdout);
    }
  }),
);

test.run();
