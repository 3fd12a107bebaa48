/** The retention policy of a camera, by the settings. */
import { KEEP_ALL, type RetentionPolicy, removesSegments } from '#storage/retention/retention-policy.js';
import type { Settings } from './settings.js';
import { UsageError } from './usage-error.js';

/** The words by which a camera is known. */
export interface CameraNames {
  readonly id: string;
  readonly name: string;
  readonly uri: string;
  readonly model: string;
  readonly serial: string;
}

/** What of `camera`'s recordings stays: what is said of it by name, the rest as for all cameras. */
export function policyOf(settings: Settings, camera: CameraNames): RetentionPolicy {
  const names = [camera.id, camera.name, camera.uri, camera.model, camera.serial];
  const table = settings['retention.cameras'];
  // The identifier before the name: two cameras may share the latter.
  const own = names.map((name) => table[name]).find((policy) => policy !== undefined);
  return checked({
    ...KEEP_ALL,
    maxBytes: own?.['max-bytes'] ?? settings['recording.max-bytes'],
    hours: own?.['keep-hours'] ?? settings['recording.keep-hours'],
    nights: own?.['keep-nights'] ?? settings['recording.keep-nights'],
    keep: own?.keep ?? settings['recording.keep'],
    stackNights: own?.['keep-stack-nights'] ?? settings['recording.keep-stack-nights'],
  });
}

/** As `policyOf`, for a recording. @throws UsageError `usage.pre-roll-in` where frames wait on disk for ever */
export function recordingPolicyOf(settings: Settings, camera: CameraNames): RetentionPolicy {
  const policy = policyOf(settings, camera);
  if (settings['recording.trigger'] && settings['recording.pre-roll-in'] === 'disk' && !removesSegments(policy)) {
    throw new UsageError(
      'usage.pre-roll-in',
      '--pre-roll-in disk: say what rolls while no trigger comes, with --max-bytes, --keep-hours or --keep-nights',
    );
  }
  return policy;
}

function checked(policy: RetentionPolicy): RetentionPolicy {
  if (policy.keep === 'all' || removesSegments(policy)) return policy;
  throw new UsageError(
    'usage.keep',
    '--keep marks: say what may roll beside the marks, with --max-bytes, --keep-hours or --keep-nights',
  );
}
