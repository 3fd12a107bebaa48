/** What the HTTP API exchanges besides the station's state (station-state.ts). The page takes its types from both. */
import { z } from 'zod';
import { CONTROL_GROUPS } from '#src/cameras/controls.js';

const text = z.string().nullable();

export const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

const choiceSchema = z.object({ name: z.string(), label: z.string() });
const controlValueSchema = z.union([z.number(), z.boolean(), z.string(), z.null()]);

export const controlSchema = z.object({
  name: z.string(),
  label: z.string(),
  group: z.enum(CONTROL_GROUPS),
  type: z.enum(['integer', 'float', 'boolean', 'choice', 'text', 'command']),
  unit: text,
  minimum: z.number().nullable(),
  maximum: z.number().nullable(),
  step: z.number().nullable(),
  choices: z.array(choiceSchema),
  default: controlValueSchema,
  readOnly: z.boolean(),
  live: z.boolean(),
  shapesFrames: z.boolean(),
  kept: z.boolean(),
  help: z.string(),
  value: controlValueSchema,
  unavailable: text,
});
export type ControlState = z.infer<typeof controlSchema>;
