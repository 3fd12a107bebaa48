/** The session's own counts, over all streams of it. Whatever a ring counted is added when its stream ends. */
import type { Grade } from '#gps/frame-time.js';
import type { RingCounters } from '#pipeline/ring/layout.js';
import { STAGES } from '#pipeline/stages/steps.js';
import type { SessionCounts } from './messages.js';

type PacketCounts = SessionCounts['packets'];

const packetsOf = (c: RingCounters): PacketCounts => ({
  received: c.packetsReceived,
  missing: c.packetsMissing,
  resent: c.packetsResent,
  duplicate: c.packetsDuplicate,
  late: c.packetsLate,
  invalid: c.packetsInvalid,
  kernelDrops: c.kernelDrops,
});

/** What the stream that runs now adds to the counts. */
export interface LiveRing {
  readonly counters: RingCounters;
  readonly slots: number;
  readonly highWater: number;
}

/** What the workers did for it. */
export type LiveWork = Pick<SessionCounts, 'stageSeconds' | 'thinned'>;

function addWork(a: LiveWork, b: LiveWork): LiveWork {
  const stageSeconds = { ...a.stageSeconds };
  for (const stage of STAGES) stageSeconds[stage] += b.stageSeconds[stage];
  return {
    stageSeconds,
    thinned: {
      previews: a.thinned.previews + b.thinned.previews,
      statistics: a.thinned.statistics + b.thinned.statistics,
    },
  };
}

function timesMinusOne({ stageSeconds, thinned }: LiveWork): LiveWork {
  const seconds = { ...stageSeconds };
  for (const stage of STAGES) seconds[stage] = -seconds[stage];
  return { stageSeconds: seconds, thinned: { previews: -thinned.previews, statistics: -thinned.statistics } };
}

export class Tally {
  received = 0;
  incomplete = 0;
  lost = 0;
  /** Received, and wanted by no trigger. */
  untriggered = 0;
  readonly times: Record<Grade, number> = { locked: 0, holdover: 0, coarse: 0, untrusted: 0 };
  #packets: PacketCounts = { received: 0, missing: 0, resent: 0, duplicate: 0, late: 0, invalid: 0, kernelDrops: 0 };
  #ring = { slots: 0, highWater: 0 };
  #work: LiveWork = {
    stageSeconds: { unpack: 0, statistics: 0, histogram: 0, encode: 0, preview: 0, stack: 0, hdu: 0 },
    thinned: { previews: 0, statistics: 0 },
  };

  /** A stream goes on for this session: what it has counted until now is not the session's. */
  begin({ counters }: LiveRing, work: LiveWork): void {
    const packets = packetsOf(counters);
    const before = { ...packets } as { -readonly [K in keyof PacketCounts]: number };
    for (const name of Object.keys(packets) as (keyof PacketCounts)[]) before[name] = -packets[name];
    this.#packets = before;
    this.#work = timesMinusOne(work);
  }

  /** Keeps what a stream counted, when it has ended. */
  keep(ring: LiveRing, work: LiveWork): void {
    this.#packets = this.packets(ring);
    this.#ring = this.ring(ring);
    this.#work = this.work(work);
  }

  work(live: LiveWork | null): LiveWork {
    return live === null ? this.#work : addWork(this.#work, live);
  }

  packets(live: LiveRing | null): PacketCounts {
    if (live === null) return this.#packets;
    const now = packetsOf(live.counters);
    const sum = { ...this.#packets } as { -readonly [K in keyof PacketCounts]: number };
    for (const name of Object.keys(now) as (keyof PacketCounts)[]) sum[name] += now[name];
    return sum;
  }

  ring(live: LiveRing | null): SessionCounts['ring'] {
    if (live === null) return this.#ring;
    // Of several rings the one that came closest to its end.
    const kept = this.#ring;
    const fuller = kept.slots > 0 && kept.highWater / kept.slots > live.highWater / live.slots;
    return fuller ? kept : { slots: live.slots, highWater: live.highWater };
  }
}
