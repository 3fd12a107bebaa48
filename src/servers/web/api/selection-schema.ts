/** Which frames are meant: what `appulse frames` has as options, with the same words, for queries and bodies alike. */
import { z } from 'zod';
import { GRADES } from '#gps/frame-time.js';
import { formatUtc } from '#gps/instant.js';
import type { SelectionOptions } from '#src/archive/selection.js';
import { FRAME_TYPES } from '#storage/frame-record.js';
import { MEASURES } from '#storage/index/frame-filter.js';
import { FRAME_STATES } from '#storage/index/schema.js';

const word = z.string().min(1).max(200);

/** UTC, or its nanoseconds since 1970. */
export const timeSchema = word
  .transform((text) => (/^\d{15,19}$/.test(text) ? formatUtc(BigInt(text), 9) : text))
  .meta({
    description: 'UTC such as 2026-11-20T19:00:00.5, or nanoseconds since 1970',
  });
export const endSchema = timeSchema.meta({
  description: 'not included: UTC, nanoseconds since 1970, or a span behind `from` such as 10s or 8h',
});
export const flagSchema = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');
export const sessionWord = word.meta({ description: "a session's identifier or its beginning, or `latest`" });

const bounds = word
  .optional()
  .meta({ description: 'bounds such as `>=120`, `<5`, `10..20`, several with commas between' });
const measures = Object.fromEntries(Object.keys(MEASURES).map((measure) => [measure, bounds])) as Record<
  keyof typeof MEASURES,
  typeof bounds
>;

export const selectionShape = {
  session: sessionWord.default('latest').meta({
    description: "a session's identifier or its beginning, `latest`, or `all` (of the first data folder)",
  }),
  camera: word.optional().meta({ description: "a camera's identifier or its beginning, or its name" }),
  from: timeSchema.optional(),
  to: endSchema.optional(),
  frames: word.optional().meta({ description: 'numbers in the session, such as 10..200, 10.. or 7' }),
  grade: z.enum(GRADES).optional(),
  flags: word.optional().meta({ description: 'frames whose times have all of these flags, with commas between' }),
  state: z.enum(FRAME_STATES).optional(),
  incomplete: flagSchema.meta({ description: 'true: only frames with missing bytes' }),
  type: z.enum(FRAME_TYPES).optional(),
  filter: word.optional().meta({ description: 'the filter before the camera' }),
  ...measures,
};
type Selection = z.output<z.ZodObject<typeof selectionShape>>;

/** As the questions to the archive take it. */
export function selectionOptionsOf({ flags, ...selection }: Selection): SelectionOptions {
  const given = Object.entries(selection).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    ...(flags !== undefined && { flag: flags.split(',').map((each) => each.trim()) }),
  };
}
