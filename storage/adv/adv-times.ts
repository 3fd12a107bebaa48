/** The times in an ADV version 2 file: the middle of each exposure and its length, with what the recorder says of its satellites. */
import { addNs, type FoundTime, isPlausibleInstant, isPlausibleTime, spanFields } from '#gps/found/found-time.js';
import { flagReason } from '#gps/found/single-header.js';
import type { FileBytes } from '../times/file-bytes.js';
import type { TimedFrames } from '../times/timed-frame.js';
import { ADV_MAGIC, type AdvFile, openAdv } from './adv-file.js';
import { type AdvFrame, advFrames } from './adv-frames.js';
import { recordOf } from './adv-record.js';
import { ADV_EPOCH_NS, FIX, LONGEST_EXPOSURE_NS } from './adv-words.js';

/** What a receiver without the almanac was seen to be off by. */
const WITHOUT_ALMANAC_NS = 3_000_000_000n;
const FIX_STATUS = ['no satellite fix', 'holdover', 'satellite fix of time', 'satellite fix of time and position'];
const ALMANAC_GOOD = 1;

export function isAdv(beginning: Uint8Array): boolean {
  return Buffer.from(beginning.subarray(0, 4)).toString('latin1') === ADV_MAGIC;
}

/** The frames of the stream MAIN. Throws StorageError `storage.times-broken` and `storage.times-unsupported`. */
export function* advTimes(bytes: FileBytes): TimedFrames {
  const adv = openAdv(bytes);
  const frames = advFrames(bytes, adv);
  let before: bigint | null = null;
  for (let number = 1; ; number++) {
    const next = frames.next();
    if (next.done) return next.value;
    const { time, reasons } = advFrameTime(adv, next.value, before);
    if (time !== null) before = time.midUtcNs;
    yield { frame: number, times: time === null ? [] : [time], reasons };
  }
}

/** The time of a frame, or why it has none; `before`: the middle of the frame before it, where there is one. */
export function advFrameTime(
  adv: AdvFile,
  frame: AdvFrame,
  before: bigint | null,
): { time: FoundTime | null; reasons: string[] } {
  const { midNs } = frame;
  const utcNs = ADV_EPOCH_NS + midNs;
  if (midNs === 0n || !isPlausibleInstant(utcNs)) {
    const why = midNs === 0n ? 'the recorder wrote no time' : `${midNs} ns since 2010 is no time of an exposure`;
    return { time: null, reasons: [why] };
  }
  const doubts: string[] = before !== null && utcNs <= before ? ['not later than the frame before'] : [];
  return { time: ownTime(frame, doubts) ?? timeOf(adv, frame, doubts), reasons: [] };
}

/** Of a frame that this program recorded: it judged the time among its neighbours, so its grade stands, unless the frame contradicts it. */
function ownTime(frame: AdvFrame, doubts: readonly string[]): FoundTime | null {
  const record = recordOf(frame);
  if (record === null) return null;
  const { time } = record;
  const found = [...doubts];
  if (time.midUtcNs - ADV_EPOCH_NS !== frame.midNs) found.push('the frame gives two times');
  const { startUtcNs, midUtcNs, endUtcNs, leapSecond, midLeapSecond, endLeapSecond, exposureNs } = time;
  const told: FoundTime = {
    ...{ startUtcNs, midUtcNs, endUtcNs, leapSecond, midLeapSecond, endLeapSecond, exposureNs },
    uncertaintyNs: time.uncertaintyNs,
    source: time.source,
    grade: found.length > 0 ? 'untrusted' : time.grade,
    reasons: [
      ...found,
      ...time.flags.map(flagReason),
      ...(found.length === 0 ? [`graded ${time.grade} when it was recorded`] : []),
    ],
    sequence: time.sequence,
    family: 'appulse',
  };
  return isPlausibleTime(told) ? told : null;
}

function timeOf(adv: AdvFile, frame: AdvFrame, doubts: string[]): FoundTime {
  const mid = { utcNs: ADV_EPOCH_NS + frame.midNs, leapSecond: false };
  const exposureNs = frame.exposureNs === LONGEST_EXPOSURE_NS ? null : frame.exposureNs;
  const reasons: string[] = [];
  if (exposureNs === null) reasons.push('the exposure does not fit its 32 bits: the start given is the middle');
  else reasons.push('the start is the middle less half the exposure');
  const number = (name: string) => {
    const value = frame.status.get(name);
    return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : null;
  };
  const fix = number('SatelliteFixStatus');
  const almanac = number('AlmanacStatus');
  let uncertaintyNs = adv.accuracyNs;
  if (!frame.statusIsWhole)
    reasons.push('the status of the frame is not as its configuration says, so it was not used');
  if (fix === FIX.none) doubts.push('the recorder had no satellite fix');
  else if (fix === null) reasons.push('no satellite fix status: the clock is not known');
  else reasons.push(FIX_STATUS[fix] ?? `satellite fix status ${fix}, which is not known`);
  if (fix === FIX.holdover) {
    uncertaintyNs = null;
    reasons.push('the stated accuracy is not that of a holdover');
  }
  if (fix !== null && almanac !== null && almanac !== ALMANAC_GOOD && uncertaintyNs !== null) {
    uncertaintyNs += WITHOUT_ALMANAC_NS;
    reasons.push('the almanac was not up to date: whole seconds are not proven');
  }
  if (fix !== null && almanac === null) reasons.push('no almanac status: whole seconds are not proven');
  reasons.push(
    adv.accuracyNs === null ? 'the file states no accuracy' : `accuracy as the file states it: ${adv.accuracyNs} ns`,
  );
  if (doubts.length === 0) reasons.push("the recorder's word, with nothing in the file to check it by");
  return {
    ...spanFields({
      start: exposureNs === null ? mid : addNs(mid, -exposureNs / 2n),
      mid,
      exposureNs,
    }),
    uncertaintyNs,
    source: fix !== null && fix > FIX.none ? 'recorder-gps' : 'unknown-clock',
    grade: doubts.length > 0 ? 'untrusted' : 'coarse',
    reasons: [...doubts, ...reasons],
    sequence: number('VideoCameraFrameId') ?? number('HardwareTimerFrameId'),
    family: 'adv',
  };
}
