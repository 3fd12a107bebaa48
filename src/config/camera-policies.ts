/** Limits of single cameras: `[retention.cameras.NAME]` in the file, `NAME:limit=value,...` as an option. */
import { z } from 'zod';
import { inWords } from './in-words.js';
import { parseSize } from './units.js';
import { UsageError } from './usage-error.js';

const LEAST_BYTES = 16 * 2 ** 20;

const whole = z.coerce.number().int().min(1).max(100_000);
const policySchema = z.strictObject({
  'max-bytes': z
    .union([z.number(), z.string().transform(inWords(parseSize))])
    .refine((bytes) => bytes >= LEAST_BYTES, 'max-bytes: at least 16MiB')
    .optional(),
  'keep-hours': z.coerce.number().positive().max(1_000_000).optional(),
  'keep-nights': whole.optional(),
  keep: z.enum(['all', 'marks']).optional(),
  'keep-stack-nights': whole.optional(),
});

/** What is left out is as the settings under `[recording]` say. */
export type CameraPolicy = z.infer<typeof policySchema>;

/** `QHY411:max-bytes=2TiB,keep=marks`. A camera may be named by its URI: the limits stand behind the last colon that fits. */
function parseWord(word: string): [string, Record<string, string>] {
  const [, camera, limits] = /^(.+):([a-z-]+=.*)$/.exec(word) ?? [];
  if (camera === undefined || limits === undefined) {
    throw new UsageError('usage.retention', `'${word}' is not CAMERA:LIMIT=VALUE, such as QHY411:keep-hours=72`);
  }
  const entries = limits.split(',').map((limit) => {
    const at = limit.indexOf('=');
    return at < 0 ? [limit.trim(), ''] : [limit.slice(0, at).trim(), limit.slice(at + 1).trim()];
  });
  return [camera, Object.fromEntries(entries)];
}

function tableOf(given: string | readonly string[] | Record<string, unknown>): Record<string, unknown> {
  if (typeof given === 'string') return Object.fromEntries([parseWord(given)]);
  return Array.isArray(given) ? Object.fromEntries(given.map(parseWord)) : { ...given };
}

export const cameraPolicies: z.ZodType<Readonly<Record<string, CameraPolicy>>> = z
  .union([z.string(), z.array(z.string()), z.record(z.string().min(1), z.unknown())])
  .transform(inWords(tableOf))
  .pipe(z.record(z.string().min(1), policySchema));
