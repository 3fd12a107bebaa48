import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as assert from 'uvu/assert';
import type { StorageError } from '#storage/errors.js';
import { makeFolder } from '#storage/make-folder.js';
import { withFolder } from '#test/support/appulse.js';
import { test } from '#test/support/test.js';

function refused(path: string): StorageError {
  try {
    makeFolder(path);
  } catch (error) {
    return error as StorageError;
  }
  throw new Error(`${path} was made`);
}

test('a folder is made with all that are missing above it, and one that is there stays', async () => {
  await withFolder(async (folder) => {
    const deep = join(folder, 'a', 'b', 'c');
    makeFolder(deep, 0o700);
    assert.equal(
      ['a', 'a/b', 'a/b/c'].map((each) => statSync(join(folder, each)).mode & 0o777),
      [0o700, 0o700, 0o700],
    );
    writeFileSync(join(deep, 'file'), 'mine');
    makeFolder(deep);
    makeFolder('/');
    makeFolder('.');
    makeFolder(`${join(folder, 'a', 'd')}/`);
    makeFolder(relative(process.cwd(), join(folder, 'a', 'e', 'f')));
    symlinkSync(join(folder, 'a'), join(folder, 'link'));
    makeFolder(join(folder, 'link', 'g', 'h'));
    for (const made of ['a/b/c/file', 'a/d', 'a/e/f', 'a/g/h']) assert.ok(existsSync(join(folder, made)), made);
  });
});

test('where something else has the name of a folder, it is named', async () => {
  await withFolder(async (folder) => {
    writeFileSync(join(folder, 'file'), 'mine');
    symlinkSync(join(folder, 'nowhere'), join(folder, 'loose'));
    for (const name of ['file', 'loose']) {
      for (const below of ['', 'a', 'a/b']) {
        const error = refused(join(folder, name, below));
        assert.is(error.code, 'storage.not-a-folder');
        assert.match(error.message, `${join(folder, name)} is not a folder`);
      }
    }
  });
});

test('a folder in which this user may not write is named', async () => {
  await withFolder(async (folder) => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(folder, 0o755);
    chmodSync(closed, 0o555);
    const isRoot = process.geteuid?.() === 0;
    // Nothing is closed to root.
    if (isRoot) process.seteuid?.(65534);
    try {
      const error = refused(join(closed, 'a', 'b'));
      assert.is(error.code, 'storage.not-writable');
      assert.match(error.message, `${closed} is not writable for this user`);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

if (existsSync('/proc')) {
  test('a file system that takes no folders is told, where the system says only that there is none', () => {
    for (const path of ['/proc/nope', '/proc/nope/a', '/proc/nope/a/b/c']) {
      const error = refused(path);
      assert.is(error.code, 'storage.not-writable');
      assert.match(error.message, `no folder ${path} can be made: /proc takes no folders`);
      assert.is((error.cause as NodeJS.ErrnoException).code, 'ENOENT');
    }
  });
}

test('a name that no file system takes is told as the system says it', async () => {
  await withFolder(async (folder) => {
    const error = refused(join(folder, 'n'.repeat(5000), 'a'));
    assert.is(error.code, 'storage.not-writable');
    assert.match(error.message, 'ENAMETOOLONG');
  });
});

test.run();
