/** Sessions: begin and end them, see what was recorded, set right what is written about one, audit its times. */
import { z } from 'zod';
import { cameraNumberSchema, nanosecondsSchema, startSessionSchema } from '#src/station/station-state.js';
import { SESSION_STATES } from '#storage/index/schema.js';
import { MOST_PARTS } from '#storage/index/timeline.js';
import { sessionParams, wholeNumber } from './parameters.js';
import { type ApiRoute, route } from './route.js';
import {
  auditSchema,
  gapRowSchema,
  lockChangeSchema,
  markRowSchema,
  sessionDetailsSchema,
  sessionSchema,
} from './rows-schema.js';
import { endSchema, timeSchema } from './selection-schema.js';

const word = z.string().min(1).max(200);
const edited = (most: number) =>
  z
    .string()
    .max(most)
    .nullable()
    .transform((text) => (text === null || text.trim() === '' ? null : text.trim()))
    .optional();
const limit = wholeNumber(1_000, 1).default(100);
const count = z.number().int().nonnegative();
const startedSchema = z.object({ sessions: z.array(z.string()).meta({ description: 'identifiers' }) });

/** The page that `appulse audit --html` makes has its style in itself, and no script. */
const AUDIT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'";

export const SESSION_ROUTES: readonly ApiRoute[] = [
  route({
    method: 'GET',
    path: '/api/v1/sessions',
    summary: 'Sessions of the data folders, the newest first',
    query: z.strictObject({
      from: timeSchema.optional(),
      to: endSchema.optional(),
      camera: word.optional().meta({ description: "a camera's identifier or its beginning, or its name" }),
      object: word.optional().meta({ description: 'what was observed, upper or lower case alike' }),
      state: z.enum(SESSION_STATES).optional(),
      limit,
    }),
    answer: z.object({ sessions: z.array(sessionSchema) }),
    errors: [503],
    handle: async ({ archive }, { query }) => ({ sessions: await archive.ask('sessions', given(query)) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/sessions',
    summary: 'Begin to record',
    body: startSessionSchema,
    status: 201,
    errors: [409],
    answer: startedSchema,
    handle: async ({ station }, { body }) => ({ sessions: await station.startSession(body) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/sessions/stop',
    summary: 'End what is recorded; the cameras go on streaming',
    body: z.strictObject({ camera: cameraNumberSchema.nullable().default(null).meta({ description: 'null: all' }) }),
    errors: [409],
    answer: startedSchema,
    handle: async ({ station }, { body }) => ({ sessions: await station.stopSession(body.camera) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:session',
    summary: 'What is in a session: counts, cameras, grades, gaps by cause, segments, stacks, marks',
    params: sessionParams,
    errors: [404, 503],
    answer: sessionDetailsSchema,
    handle: ({ archive }, { params }) => archive.ask('session', params),
  }),
  route({
    method: 'PATCH',
    path: '/api/v1/sessions/:session',
    summary: 'Set right what is written about a session, also while it is recorded',
    description: 'What is left out stays; null or an empty text takes it away.',
    params: sessionParams,
    body: z
      .strictObject({
        name: edited(200),
        object: edited(200),
        observer: edited(200),
        telescope: edited(200),
        site: edited(200),
        notes: edited(10_000),
      })
      .refine((edit) => Object.values(edit).some((value) => value !== undefined), 'name at least one field'),
    errors: [404, 409, 503],
    answer: sessionSchema,
    handle: ({ archive }, { params, body }) => archive.ask('edit', { ...params, edit: given(body) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:session/gaps',
    summary: 'The gaps of a session, with their causes',
    params: sessionParams,
    query: z.strictObject({ from: timeSchema.optional(), to: endSchema.optional(), limit }),
    errors: [404, 503],
    answer: z.object({ session: z.string(), gaps: z.array(gapRowSchema) }),
    handle: ({ archive }, { params, query }) => archive.ask('gaps', { ...params, ...given(query) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:session/audit',
    summary: 'Whether the timing of a session is defensible, and why',
    description: 'As `appulse audit --json`. Takes a second for some 400,000 frames.',
    params: sessionParams,
    errors: [404, 503],
    answer: auditSchema,
    handle: ({ archive }, { params }) => archive.ask('audit', params),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sessions/:session/audit.html',
    summary: 'The same as a page that stands alone, with plots',
    params: sessionParams,
    errors: [404, 503],
    answer: ['text/html'],
    handle: async ({ archive }, { params }) => ({
      contentType: 'text/html; charset=utf-8',
      headers: { 'content-security-policy': AUDIT_POLICY },
      body: await archive.ask('auditPage', params),
    }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/timeline',
    summary:
      'What went on in a span of time: sessions, gaps, marks, changes of the GPS lock, and frames by parts of it',
    query: z.strictObject({
      from: timeSchema,
      to: endSchema,
      parts: wholeNumber(MOST_PARTS, 1).default(200).meta({ description: 'into how many parts the span is cut' }),
    }),
    errors: [503],
    answer: z.object({
      fromUtcNs: nanosecondsSchema,
      toUtcNs: nanosecondsSchema,
      sessions: z.array(sessionSchema),
      parts: z.array(
        z.object({
          fromUtcNs: nanosecondsSchema,
          toUtcNs: nanosecondsSchema,
          frames: count.meta({ description: 'whose exposure begins in it' }),
          notLocked: z.object({ holdover: count, coarse: count, untrusted: count }),
          missing: count.meta({ description: 'frames known to be missing, by gaps that begin in it' }),
        }),
      ),
      gaps: z.array(gapRowSchema).meta({ description: 'the first 1000' }),
      marks: z.array(markRowSchema).meta({ description: 'the first 1000' }),
      lockChanges: z.array(lockChangeSchema).meta({ description: 'the first 1000' }),
    }),
    handle: ({ archive }, { query }) => archive.ask('timeline', query),
  }),
];

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the fields that were left out. */
function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
