import { spawnSync } from 'node:child_process';
import { readFileSync, statfsSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openDataFolder } from '#storage/folder/data-folder.js';
import { IndexReader } from '#storage/index/queries.js';
import { SegmentFile } from '#storage/segments/segment-file.js';
import { createStage } from '#storage/segments/segment-output.js';
import { peerTest } from '#test/support/peers.js';
import { onSmallDisk } from '#test/support/small-disk.js';
import { test } from '#test/support/test.js';
import { sampleRecorder, until } from './sample-session.js';

const wide = { width: 320, height: 240, buffers: 8, segmentBytes: 2_000_000 };

peerTest(
  test,
  ['root'],
  'a full disk costs frames and a gap row, not the session, and recording goes on after',
  async () => {
    await onSmallDisk('24m', async (path) => {
      const folder = await openDataFolder(path);
      const ballast = join(path, 'ballast');
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - 6_000_000));
      const { recorder, record, warnings, session } = await sampleRecorder(path, wide);
      let number = 0;
      while (!recorder.status().failing) {
        await record(++number);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (let i = 0; i < 20; i++) await record(++number);
      assert.is(warnings.length, 1, warnings.join('\n'));
      assert.match(warnings[0] ?? '', 'no space');
      unlinkSync(ballast);
      await until(() => recorder.status().notRecorded >= 20, 5);
      const endOfTrouble = Date.now() + 8000;
      while (recorder.status().failing && Date.now() < endOfTrouble) {
        await record(++number);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.is(recorder.status().failing, false);
      for (let i = 0; i < 5; i++) await record(++number);
      const status = await recorder.close();
      assert.match(warnings[1] ?? '', 'writing works again');
      assert.is(status.framesRecorded + status.notRecorded, number, 'received = recorded + not recorded');
      assert.is(status.framesIndexed, status.framesRecorded);
      const index = new IndexReader(folder.indexFile);
      const [row] = index.sessions();
      assert.is(row?.framesRecorded, status.framesRecorded);
      assert.is(row?.framesNotRecorded, status.notRecorded);
      const gaps = index.gaps({ sessionId: session.id });
      assert.is(gaps.length, 1, 'one outage is one row');
      assert.is(
        gaps.reduce((sum, gap) => sum + gap.frames, 0),
        status.notRecorded,
      );
      for (const gap of gaps) {
        assert.is(gap.cause, 'disk');
        assert.is(Number((gap.lastBlock ?? 0n) - (gap.firstBlock ?? 0n)) + 1, gap.frames);
      }
      index.close();
      folder.close();
    });
  },
);

peerTest(
  test,
  ['root'],
  'on a disk that is smaller than its limit, a rolling archive goes on with what there is',
  async () => {
    await onSmallDisk('12m', async (path) => {
      const folder = await openDataFolder(path);
      const { recorder, record } = await sampleRecorder(path, {
        ...wide,
        segmentBytes: 800_000,
        maxBytes: 100_000_000,
      });
      for (let number = 1; number <= 300; number++) {
        await record(number);
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
      const status = await recorder.close();
      assert.is(status.framesRecorded + status.notRecorded, 300);
      assert.is(status.notRecorded, 0, 'the oldest made room in time');
      assert.is(status.framesIndexed, status.framesRecorded);
      folder.close();
    });
  },
);

peerTest(test, ['root'], 'blocks set aside on a disk that is nearly full cost no frame', async () => {
  // A little larger than what is set aside at once: without it there is hardly more than what is kept for the index.
  await onSmallDisk('138m', async (path) => {
    const folder = await openDataFolder(path);
    const { bavail, bsize, blocks } = statfsSync(path);
    const { recorder, record } = await sampleRecorder(path, {
      width: 1600,
      height: 1200,
      buffers: 4,
      segmentBytes: 500_000_000,
    });
    let number = 0;
    while (!recorder.status().failing && number < 200) {
      await record(++number);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { framesRecorded, bytes } = await recorder.close();
    const room = bavail * bsize - (blocks * bsize) / 20;
    assert.ok(
      bytes > room - 3 * (bytes / framesRecorded),
      `${bytes} bytes were recorded where there is room for ${room}`,
    );
    assert.ok(bytes <= room, 'what is kept for the index is kept');
    folder.close();
  });
});

peerTest(
  test,
  ['root'],
  'a disk that is full in the midst of a frame keeps the whole frames, whatever their parts',
  async () => {
    await onSmallDisk('3m', async (path) => {
      for (const through of [createStage(262_144), null]) {
        const file = join(path, 'segment.fits');
        const segment = new SegmentFile(file, new Uint8Array(2880), through);
        const hdu = (n: number) => [14_400, 3, 200_000, 500_000 - 3, 5_600].map((size) => new Uint8Array(size).fill(n));
        const hdus = [1, 2, 3, 4, 5, 6, 7].map(hdu);
        let told: { code?: string; whole?: number } = {};
        try {
          segment.append(hdus);
        } catch (error) {
          told = error as typeof told;
        }
        assert.is(told.code, 'storage.write-failed');
        const whole = told.whole ?? 0;
        assert.ok(whole >= 1 && whole <= 4, `${whole} frames of 720,000 bytes on 3 MiB`);
        assert.is(segment.bytes, 2880 + whole * 720_000);
        assert.is(statSync(`${file}.part`).size, segment.bytes);
        const expected = Buffer.concat([new Uint8Array(2880), ...hdus.slice(0, whole).flat()]);
        assert.ok(readFileSync(`${file}.part`).equals(expected));
        segment.discard();
      }
    });
  },
);

peerTest(test, ['root'], 'an index on a disk that may not be written says so, and what to do', async () => {
  await onSmallDisk('4m', async (path) => {
    const folder = await openDataFolder(path);
    folder.close();
    assert.is(spawnSync('mount', ['-o', 'remount,ro', path]).status, 0);
    assert.throws(
      () => new IndexReader(folder.indexFile),
      (error: { code: string; message: string }) =>
        error.code === 'storage.index-unreadable' &&
        error.message.includes(folder.indexFile) &&
        error.message.includes('or copy'),
    );
  });
});

peerTest(test, ['root'], 'a data folder on a full disk is refused in words', async () => {
  await onSmallDisk('1m', async (path) => {
    const { bavail, bsize } = statfsSync(path);
    writeFileSync(join(path, 'ballast'), Buffer.alloc(bavail * bsize));
    const error = await openDataFolder(path).catch((e) => e);
    assert.is(error.code, 'storage.disk-full');
    assert.match(error.message, 'no space left');
  });
});

peerTest(test, ['root'], 'a read-only data folder is refused in words', async () => {
  await onSmallDisk('1m', async (path) => {
    assert.is(spawnSync('mount', ['-o', 'remount,ro', path]).status, 0);
    for (const each of [path, join(path, 'deep', 'below')]) {
      const error = await openDataFolder(each).catch((e) => e);
      assert.is(error.code, 'storage.not-writable');
    }
  });
});

peerTest(
  test,
  ['root'],
  'an index that finds no room keeps its rows and commits all of them when there is',
  async () => {
    await onSmallDisk('48m', async (path) => {
      const folder = await openDataFolder(path);
      const { recorder, record, warnings, session } = await sampleRecorder(path);
      for (let number = 1; number <= 10; number++) await record(number);
      await until(() => recorder.status().framesIndexed === 10);
      const ballast = join(path, 'ballast');
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      const data = { text: 'x'.repeat(500) };
      for (let i = 0; i < 20_000; i++) {
        recorder.event({ kind: 'nmea', startUtcNs: BigInt(i), endUtcNs: BigInt(i), data });
      }
      await until(() => warnings.some((text) => text.includes('the index cannot be written')), 20);
      unlinkSync(ballast);
      await until(() => warnings.some((text) => text.includes('the index takes rows again')), 20);
      await recorder.close();
      const index = new IndexReader(folder.indexFile);
      assert.is(index.events({ sessionId: session.id, limit: 50_000 }).length, 20_000);
      assert.is(index.countFrames({ sessionId: session.id }), 10);
      assert.is(index.sessions()[0]?.state, 'complete');
      index.close();
      folder.close();
    });
  },
);

peerTest(
  test,
  ['root'],
  'a disk that is unmounted while recording is told, and recording goes on where its name stands now',
  async () => {
    await onSmallDisk('24m', async (path) => {
      const folder = await openDataFolder(path);
      const { recorder, record, warnings } = await sampleRecorder(path);
      let number = 0;
      for (; number < 20; ) await record(++number);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.is(spawnSync('umount', ['-l', path]).status, 0);
      while (!warnings.some((text) => text.includes('another file system')) && number < 1000) {
        await record(++number);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await until(() => recorder.status().notRecorded > 0, 5);
      for (let i = 0; i < 20; i++) await record(++number);
      const status = await recorder.close();
      assert.match(warnings.join('\n'), 'was removed while recording');
      assert.match(warnings.join('\n'), 'another file system');
      assert.is(status.framesRecorded + status.notRecorded, number);
      assert.ok(status.framesRecorded >= 20);
      folder.close();
    });
  },
);

test.run();
