/** Where the doctor reads: files of /proc and /sys under a root folder, and the few programs that may be there. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { basename, join } from 'node:path';
import { reasonOf } from '#gps/errors.js';
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import type { KernelClock } from '#pipeline/native/clock-addon.js';

/** Text, or why there is none. */
export type Answer = { readonly text: string } | { readonly reason: string };

export interface Machine {
  readonly platform: NodeJS.Platform;
  /** A file's text without surrounding blanks; null where it is missing or cannot be read. `path` has no leading slash. */
  text(path: string): string | null;
  /** Names in a folder; empty where it is missing. */
  names(path: string): string[];
  /** The last part of what a symbolic link points at, or null. */
  link(path: string): string | null;
  /** Standard output of a program that ended well. */
  run(program: string, args: readonly string[]): Answer;
  /** Own IPv4 addresses. */
  readonly addresses: readonly string[];
  clock(): KernelClock | { readonly reason: string };
}

/** The whole number in a file, or null. */
export function numberIn(machine: Machine, path: string): number | null {
  const text = machine.text(path);
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null;
}

const RUN_LIMIT_MS = 5_000;

function runProgram(program: string, args: readonly string[]): Answer {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;
  const env = { ...process.env, LC_ALL: 'C', PATH: path };
  const done = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: RUN_LIMIT_MS,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (done.error !== undefined) {
    const missing = (done.error as NodeJS.ErrnoException).code === 'ENOENT';
    return { reason: missing ? `${program} is not installed` : `${program}: ${done.error.message}` };
  }
  if (done.status === 0) return { text: done.stdout };
  return { reason: `${program} says: ${(done.stderr || done.stdout).trim().split('\n')[0] ?? ''}` };
}

function readClock(): KernelClock | { reason: string } {
  const addon = nativeAddon();
  if (addon?.kernelClock === undefined)
    return { reason: nativeAddonReason() || 'the kernel clock is read on Linux only' };
  try {
    return addon.kernelClock();
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** This machine, or files that stand for one under `root`. */
export function machineAt(root = '/'): Machine {
  const attempt = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch {
      return null;
    }
  };
  return {
    platform: process.platform,
    text: (path) => attempt(() => readFileSync(join(root, path), 'utf8').trim()),
    names: (path) => attempt(() => readdirSync(join(root, path)).sort()) ?? [],
    link: (path) => attempt(() => basename(readlinkSync(join(root, path)))),
    run: runProgram,
    addresses: Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ family }) => family === 'IPv4')
      .map(({ address }) => address),
    clock: readClock,
  };
}
