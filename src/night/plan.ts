/** The plan of the nights: what is to be recorded when, as it stands in its file. */
import { z } from 'zod';
import { AppulseError } from '#gps/errors.js';
import { cameraNumberSchema } from '#src/station/station-state.js';
import { FRAME_TYPES } from '#storage/frame-record.js';
import { isTimeZone } from './local-time.js';
import { unknownWord } from './session-names.js';
import { WEEKDAYS } from './weekdays.js';

const sunAltitudeDeg = z
  .number()
  .min(-60, 'the sun stands between -60 and 10 degrees: -12 is the end of nautical twilight')
  .max(10, 'the sun stands between -60 and 10 degrees: -12 is the end of nautical twilight');
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 21:30');
const zone = z
  .string()
  .refine(isTimeZone, 'a time zone such as UTC or Europe/Berlin, as the IANA data base names them')
  .meta({ examples: ['UTC', 'Europe/Berlin'] });

/** From the evening, when the sun sinks below an altitude (degrees of its centre, without refraction), to the morning. */
const sunSchema = z.strictObject({
  kind: z.literal('sun'),
  eveningDeg: sunAltitudeDeg.default(-12),
  morningDeg: sunAltitudeDeg.default(-12),
});
/** Times of day; an end that is not behind the beginning is that of the next day. */
const clockSchema = z
  .strictObject({ kind: z.literal('clock'), from: clockTime, to: clockTime, zone: zone.default('UTC') })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    message: 'it ends when it begins: name an end that is another time of day',
  });

const pattern = (length: number) =>
  z
    .string()
    .trim()
    .min(1, 'an empty text is written null, or left out')
    .max(length)
    .superRefine((text, context) => {
      const word = unknownWord(text);
      if (word !== null)
        context.addIssue({
          code: 'custom',
          message: `{${word}} is not known: there are {night}, {entry} and {camera}`,
        });
    })
    .nullable()
    .default(null);
const controlName = z.string().regex(/^[A-Za-z]\w{0,127}$/, 'the name of a control, such as ExposureTime');

export const planEntrySchema = z.strictObject({
  name: z.string().trim().min(1, 'an entry needs a name').max(100),
  enabled: z.boolean().default(true),
  /** Null: every camera of the station. */
  cameras: z.array(cameraNumberSchema).min(1, 'name a camera, or null for all').nullable().default(null),
  when: z.discriminatedUnion('kind', [sunSchema, clockSchema]),
  /** The days on which it begins; of a night, that of its evening at the site. */
  days: z
    .array(z.enum(WEEKDAYS))
    .min(1, 'on no day it would never begin')
    .default([...WEEKDAYS]),
  /** What the session is called and what is observed; {night}, {entry} and {camera} are filled in. */
  session: pattern(200),
  object: pattern(200),
  observer: pattern(200),
  notes: pattern(10_000),
  frameType: z.enum(FRAME_TYPES).default('light'),
  /** A profile of the camera that is set before it begins, then these controls; null: none. */
  profile: z.string().trim().min(1).max(64).nullable().default(null),
  controls: z.record(controlName, z.union([z.number(), z.boolean(), z.string()])).default({}),
  /** `rolling`: as the station's retention has it. `keep`: the whole session is marked, and no retention removes its pixels. */
  retention: z.enum(['rolling', 'keep']).default('rolling'),
});
export type PlanEntry = z.infer<typeof planEntrySchema>;

/** Entries in order of their right: of two that want a camera at the same time the first has it. */
export const planSchema = z.strictObject({
  version: z.literal(1).default(1),
  entries: z
    .array(planEntrySchema)
    .max(50)
    .superRefine((entries, context) => {
      for (const [i, { name }] of entries.entries()) {
        if (entries.findIndex((other) => other.name === name) < i)
          context.addIssue({ code: 'custom', path: [i, 'name'], message: `two entries are called '${name}'` });
      }
    })
    .default([]),
});
export type Plan = z.infer<typeof planSchema>;
/** As people and files give it: what is left out has its default. */
export type PlanInput = z.input<typeof planSchema>;

export const EMPTY_PLAN: Plan = { version: 1, entries: [] };

/** A plan that cannot be taken. */
export class PlanError extends AppulseError {}

/** @throws PlanError `plan.invalid` that names entry and field; `where` is the file or request that holds it */
export function parsePlan(given: unknown, where: string): Plan {
  const parsed = planSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `${placeOf(path)}${message}`);
  throw new PlanError('plan.invalid', `${where} is no plan: ${lines.join('; ')}`);
}

function placeOf(path: readonly PropertyKey[]): string {
  const [list, entry, ...field] = path;
  if (list !== 'entries' || typeof entry !== 'number') return path.length === 0 ? '' : `${path.join('.')}: `;
  return `entry ${entry + 1}${field.length === 0 ? '' : `, ${field.join('.')}`}: `;
}
