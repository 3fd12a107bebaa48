/** Retention of a whole data folder at rest: what would go under the policies of its cameras, and its removal. */
import { dirname, join } from 'node:path';
import { formatUtc } from '#gps/instant.js';
import { appendWhereFolderIs } from '../folder/session-log.js';
import { IndexDatabase } from '../index/index-database.js';
import { removeSegmentFile } from '../segments/rolling-archive.js';
import { MarkedSpans } from './marked-spans.js';
import { nightOf } from './nights.js';
import { type Retained, type RetainedCamera, type RetainedStack, retainedIn } from './retained-segments.js';
import { type Fate, planRetention, type RetainedSegment } from './retention-plan.js';
import type { RetentionPolicy } from './retention-policy.js';
import { removeStack } from './stack-files.js';

export interface FolderQuestion {
  readonly policyOf: (camera: RetainedCamera) => RetentionPolicy;
  readonly nowUtcNs: bigint;
  readonly longitudeDeg: number | null;
  /** Cameras that are recorded now, and whose recorder looks after their segments. */
  readonly busy?: ReadonlySet<string>;
}

export interface StackFate {
  readonly stack: RetainedStack;
  readonly why: string;
}

export interface FolderPlan {
  readonly segments: readonly Fate[];
  /** Of sessions recorded without a limit, or being written. */
  readonly untouched: readonly RetainedSegment[];
  /** Stacks that go. */
  readonly stacks: readonly StackFate[];
}

/** The plan for the index `indexFile`; changes nothing. */
export function planFolder(indexFile: string, question: FolderQuestion): FolderPlan {
  const retained = retainedIn(indexFile);
  const marks = new MarkedSpans(retained.marks);
  const segments: Fate[] = [];
  const stacks: StackFate[] = [];
  for (const camera of retained.cameras) {
    const policy = question.policyOf(camera);
    if (question.busy?.has(camera.id) !== true) {
      const own = retained.segments.filter(({ cameraId }) => cameraId === camera.id);
      segments.push(...planRetention({ ...question, segments: own, marks, policy }));
    }
    stacks.push(...stacksOf(retained, camera, policy, marks, question));
  }
  return { segments, untouched: retained.untouched, stacks };
}

function stacksOf(
  retained: Retained,
  camera: RetainedCamera,
  { stackNights }: RetentionPolicy,
  marks: MarkedSpans,
  { nowUtcNs, longitudeDeg }: FolderQuestion,
): StackFate[] {
  if (stackNights === null) return [];
  const tonight = nightOf(nowUtcNs, longitudeDeg);
  return retained.stacks
    .filter(
      ({ sessionId, cameraId, fromUtcNs, toUtcNs }) =>
        cameraId === camera.id &&
        tonight - nightOf(toUtcNs, longitudeDeg) >= BigInt(stackNights) &&
        marks.touching(sessionId, cameraId, fromUtcNs, toUtcNs) === null,
    )
    .map((stack) => ({
      stack,
      why: `not of the last ${stackNights} nights: it ends at ${formatUtc(stack.toUtcNs, 0)}`,
    }));
}

export interface Removed {
  readonly segments: number;
  readonly bytes: number;
  readonly stacks: number;
}

/**
 * Removes what `plan` wants gone: what becomes of its rows is committed before a file is unlinked. The folder is this
 * process's (see `openDataFolder`). Throws the system's error for a file that stays; what went before it is gone.
 */
export async function carryOut(dataFolder: string, indexFile: string, plan: FolderPlan): Promise<Removed> {
  const going = plan.segments.filter(({ goes }) => goes).map(({ segment }) => segment);
  const stacks = plan.stacks.map(({ stack }) => stack);
  const bytes = [...going, ...stacks].reduce((sum, file) => sum + file.bytes, 0);
  if (going.length + stacks.length === 0) return { segments: 0, bytes: 0, stacks: 0 };
  const index = new IndexDatabase(indexFile);
  try {
    for (const { file } of going) {
      const change = { kind: 'segment-expired', file } as const;
      appendWhereFolderIs(join(dataFolder, dirname(file)), [change]);
      index.apply([change]);
      await removeSegmentFile(join(dataFolder, file));
    }
    for (const { file, folder } of stacks) {
      const change = { kind: 'stack-expired', file } as const;
      appendWhereFolderIs(join(dataFolder, folder), [change]);
      index.apply([change]);
      await removeStack(join(dataFolder, file));
    }
  } finally {
    index.close();
  }
  return { segments: going.length, bytes, stacks: stacks.length };
}
