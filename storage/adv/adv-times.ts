/** The times in an ADV version 2 file: the middle of each exposure and its length, with what the recorder says of its satellites. */
import { addNs, type FoundTime, isPlausibleInstant, spanFields } from '#gps/found/found-time.js';
import { parseUtc } from '#gps/instant.js';
import type { FileBytes } from '../times/file-bytes.js';
import type { TimedFrames } from '../times/timed-frame.js';
import { ADV_MAGIC, type AdvFile, openAdv } from './adv-file.js';
import { type AdvFrame, advFrames } from './adv-frames.js';

const EPOCH_NS = parseUtc('2010-01-01T00:00:00');
/** The exposure has 32 bits. */
const LONGEST_EXPOSURE_NS = 0xffff_ffffn;
/** What a receiver without the almanac was seen to be off by. */
const WITHOUT_ALMANAC_NS = 3_000_000_000n;
const FIX_STATUS = ['no satellite fix', 'holdover', 'satellite fix of time', 'satellite fix of time and position'];
const NO_FIX = 0;
const HOLDOVER = 1;
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
    const { midNs } = next.value;
    const utcNs = EPOCH_NS + midNs;
    if (midNs === 0n || !isPlausibleInstant(utcNs)) {
      const why = midNs === 0n ? 'the recorder wrote no time' : `${midNs} ns since 2010 is no time of an exposure`;
      yield { frame: number, times: [], reasons: [why] };
      continue;
    }
    const doubts: string[] = before !== null && utcNs <= before ? ['not later than the frame before'] : [];
    before = utcNs;
    yield { frame: number, times: [timeOf(adv, next.value, doubts)], reasons: [] };
  }
}

function timeOf(adv: AdvFile, frame: AdvFrame, doubts: string[]): FoundTime {
  const mid = { utcNs: EPOCH_NS + frame.midNs, leapSecond: false };
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
  if (fix === NO_FIX) doubts.push('the recorder had no satellite fix');
  else if (fix === null) reasons.push('no satellite fix status: the clock is not known');
  else reasons.push(FIX_STATUS[fix] ?? `satellite fix status ${fix}, which is not known`);
  if (fix === HOLDOVER) {
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
    source: fix !== null && fix > NO_FIX ? 'recorder-gps' : 'unknown-clock',
    grade: doubts.length > 0 ? 'untrusted' : 'coarse',
    reasons: [...doubts, ...reasons],
    sequence: number('VideoCameraFrameId') ?? number('HardwareTimerFrameId'),
    family: 'adv',
  };
}
