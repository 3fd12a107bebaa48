/**
 * The calls of a running station: what the command line, and later the page, ask of it. Records on the socket are msgpack
 * maps, one request and one answer each: {id, call, ...} and {id, value} or {id, error: {code, message}}.
 */
import { z } from 'zod';

export const requestSchema = z.object({
  id: z.number().int().nonnegative(),
  call: z.enum(['status', 'stop', 'preview']),
  /** `preview`: number of the camera, from 0. */
  camera: z.number().int().min(0).max(63).optional(),
});
export type ControlRequest = z.infer<typeof requestSchema>;
export type ControlCall = ControlRequest['call'];

export const answerSchema = z.object({
  id: z.number().int().nonnegative(),
  value: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type ControlAnswer = z.infer<typeof answerSchema>;

/** A request larger than this is not one of ours; the connection is cut. */
export const REQUEST_LIMIT_BYTES = 65_536;
