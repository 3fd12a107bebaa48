/** RMS's compression made again in numpy (facts of RMS/CompressionCy.pyx), and the files that it wrote read by astropy. */
import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { PYTHON } from './peers.js';

const SCRIPT = `
import sys, json, struct, datetime, os, warnings, numpy
warnings.simplefilter('error')
from astropy.io import fits
segment, shift, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
frames, starts = {}, {}
with fits.open(segment) as hdus:
    for hdu in hdus[1:]:
        block = int(hdu.header['BLOCKID'])
        # the bytes of the GPS header may be more than the depth allows
        frames[block] = numpy.minimum(hdu.data >> shift, 255).astype('u1')
        starts[block] = hdu.header['DATE-OBS']
seen, ties = 0, 0
for name in sorted(n for n in os.listdir(folder) if n.startswith('FF_')):
    parts = name.split('_')
    first = int(parts[5].split('.')[0])
    if name.endswith('.fits'):
        # as RMS reads it: keywords by name, planes by order
        with fits.open(os.path.join(folder, name), checksum=True) as ff:
            for hdu in ff: assert hdu.verify_datasum() == 1 and hdu.verify_checksum() == 1, hdu.name
            head = ff[0].header
            assert [h.name for h in ff[1:5]] == ['MAXPIXEL', 'MAXFRAME', 'AVEPIXEL', 'STDPIXEL']
            planes = [h.data.copy() for h in ff[1:5]]
            assert head['NFRAMES'] == 256 and head['NBITS'] == 8 and head['FIRST'] == first + 256, name
            assert (head['NROWS'], head['NCOLS']) == planes[0].shape
            assert head['CAMNO'] == parts[1] and head['FPS'] > 0
            # RMS's own way of reading the time
            at = datetime.datetime.strptime(head['DATE-OBS'], '%Y-%m-%dT%H:%M:%S.%f')
            assert at.strftime('%Y%m%d_%H%M%S') == parts[2] + '_' + parts[3] and at.microsecond // 1000 == int(parts[4])
            table, count, rate = ff['FRAMES'].data, head['NSTACKED'], head['FPS']
            assert head['NLOST'] == table['PLACE'][-1] + 1 - count
    else:
        raw = open(os.path.join(folder, name), 'rb').read()
        version, rows, columns, nframes, begin, camera, decimation, interlaced, rate = struct.unpack('<i8I', raw[:36])
        assert (version, nframes, begin, decimation, interlaced) == (-1, 256, first + 256, 1, 0), name
        planes = numpy.frombuffer(raw, 'u1', offset=36).reshape(4, rows, columns)
        table, rate = None, rate / 1000
    stem = '_'.join(parts[1:4])
    [ft] = [n for n in os.listdir(folder) if n.startswith('FT_' + stem) and (n == 'FT_' + stem + '.bin' or n.endswith(parts[4] + '_' + parts[5].split('.')[0] + '.bin'))]
    raw = open(os.path.join(folder, ft), 'rb').read()
    [n] = struct.unpack('<I', raw[:4])
    times = [struct.unpack('<Id', raw[4 + 12 * i:16 + 12 * i]) for i in range(n)]
    assert len(raw) == 4 + 12 * n
    blocks = [t[0] for t in times]
    assert blocks[0] == first
    places = [b - first for b in blocks]
    if table is not None:
        assert list(table['PLACE']) == places and n == count
        assert [u.strip() for u in table['UTC']] == [starts[b] for b in blocks]
    for block, seconds in times:
        date, fraction = starts[block].split('.')
        whole = int(datetime.datetime.strptime(date + '+0000', '%Y-%m-%dT%H:%M:%S%z').timestamp())
        assert abs((seconds - whole) - int(fraction) / 1e9) < 2.5e-7, (seconds, starts[block])
    # a row a pixel: numpy sorts rows of bytes quickly
    cube = numpy.ascontiguousarray(numpy.array([frames[b].ravel() for b in blocks]).T)
    seen += n
    maximum, frame_of, average, deviation = [p.ravel() for p in planes]
    assert (maximum == cube.max(1)).all()
    where = numpy.full(256, -1); where[places] = range(n)
    rank = where[frame_of]
    assert (rank >= 0).all()
    assert (numpy.take_along_axis(cube, rank[:, None], 1)[:, 0] == maximum).all()
    unique = (cube == maximum[:, None]).sum(1) == 1
    assert (rank[unique] == cube.argmax(1)[unique]).all()
    ties += int((~unique).sum())
    rest = numpy.sort(cube, 1)[:, :-4].astype('u4')
    total, squares = rest.sum(1), (rest * rest).sum(1)
    mean = total // (n - 4)
    sigma = numpy.maximum(1, numpy.sqrt((squares - total * mean) // (n - 5)).astype('i8'))
    assert (average == mean).all() and (deviation == sigma).all(), name
    [fs] = [n for n in os.listdir(folder) if n.startswith('FS_' + stem + '_' + parts[4]) and n.endswith(parts[5].split('.')[0] + '_fieldsum.bin')]
    raw = open(os.path.join(folder, fs), 'rb').read()
    assert struct.unpack('<H', raw[:2]) == (256,) and len(raw) == 2 + 4 * 256
    sums = numpy.frombuffer(raw, '<u4', offset=2)
    assert (sums[places] == cube.sum(0, dtype='u8')).all() and sums.sum(dtype='u8') == cube.sum(dtype='u8')
print(json.dumps({'frames': seen, 'ties': ties}))
`;

export interface FfJudgement {
  /** Frames of all blocks. */
  readonly frames: number;
  /** Pixels whose maximum several frames share. */
  readonly ties: number;
}

/** Holds every FF file in `folder`, with its FT and FS files, to the frames in `segment`; `shift`: low bits left out. */
export function judgeFf(segment: string, shift: number, folder: string): FfJudgement {
  const done = spawnSync(PYTHON, ['-c', SCRIPT, segment, String(shift), folder], { encoding: 'utf8' });
  assert.is(done.status, 0, done.stderr);
  return JSON.parse(done.stdout) as FfJudgement;
}
