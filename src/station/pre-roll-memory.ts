/** How many record buffers a stream has, and how many frames may wait for a trigger in them. */
import { AppulseError } from '#gps/errors.js';
import type { Settings } from '#src/config/settings.js';
import { formatSeconds } from '#src/config/units.js';
import type { LogLevel } from './messages.js';

const MEBI = 2 ** 20;

/** Whether frames wait in memory for a trigger. */
export function waitsForTrigger(settings: Settings): boolean {
  return settings['recording.trigger'] && settings['recording.pre-roll-in'] === 'memory';
}

/** The share of the memory budget that record buffers may take: frames that wait for a trigger need most of it. */
export function recordBuffersShare(settings: Settings): number {
  return waitsForTrigger(settings) ? 1 / 2 : 1 / 4;
}

interface BufferQuestion {
  readonly bufferBytes: number;
  readonly frameRate: number;
  readonly budgetBytes: number;
}

/** Buffers for 256 MiB of frames on their way to the disk, at least 3, at most a quarter of the budget. */
function onTheWay({ bufferBytes, budgetBytes }: BufferQuestion): number {
  const affordable = Math.floor(Math.min(256 * MEBI, budgetBytes / 4) / bufferBytes);
  return Math.max(3, Math.min(512, affordable));
}

/** Buffers that frames may wait in; 0 where they do not. */
export function waitingBuffers(settings: Settings, question: BufferQuestion): number {
  if (!waitsForTrigger(settings)) return 0;
  const { bufferBytes, frameRate, budgetBytes } = question;
  const wanted = Math.ceil((Number(settings['recording.pre-roll']) / 1e9) * frameRate) + 2;
  const affordable = Math.floor((budgetBytes * recordBuffersShare(settings)) / bufferBytes);
  return Math.max(0, Math.min(wanted, affordable - onTheWay(question)));
}

export function recordBufferCount(settings: Settings, question: BufferQuestion): number {
  return onTheWay(question) + waitingBuffers(settings, question);
}

/** Says how much of the pre-roll fits. @throws AppulseError `station.pre-roll` where nothing does */
export function tellPreRoll(
  settings: Settings,
  question: BufferQuestion,
  log: (level: LogLevel, message: string) => void,
): void {
  if (!waitsForTrigger(settings)) return;
  const frames = waitingBuffers(settings, question);
  const fits = frames / question.frameRate;
  const wanted = Number(settings['recording.pre-roll']) / 1e9;
  if (frames < 1) {
    throw new AppulseError(
      'station.pre-roll',
      'no frame can wait for a trigger in the memory budget: raise --memory, or let frames wait on disk with --pre-roll-in disk',
    );
  }
  const seconds = (value: number) => (value < 10 ? `${value.toFixed(1)} s` : formatSeconds(value));
  if (fits < wanted) {
    log(
      'warning',
      `the memory holds ${seconds(fits)} before a trigger, not the ${seconds(wanted)} asked for: raise --memory`,
    );
  } else {
    log('info', `frames wait for a trigger: ${seconds(wanted)} before it fit in memory (${frames} frames)`);
  }
}
