/** Controls of a camera, what is asked of them and what the camera answers. */
import { z } from 'zod';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import type { Told } from './rows-schema.js';
import { controlSchema } from './schema.js';

const value = z.union([z.number(), z.boolean(), z.string(), z.null()]);
const identitySchema = z.looseObject({ vendor: z.string(), model: z.string(), serial: z.string() });

export const controlsSchema = z.object({
  camera: z.number().int(),
  uri: z.string(),
  identity: identitySchema.nullable(),
  controls: z.array(controlSchema),
  unavailable: z.string().nullable().meta({ description: 'why they cannot be told now' }),
});

export const setControlsSchema = z.strictObject({
  set: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(200),
        value: z.union([z.number(), z.boolean(), z.string().max(10_000), z.null()]),
      }),
    )
    .min(1)
    .max(500)
    .meta({ description: 'in this order; null executes a command' }),
  whatGoes: z
    .boolean()
    .default(false)
    .meta({ description: 'true: those that the camera takes; false: all or none, and what is refused is an error' }),
  keep: z.boolean().default(true).meta({ description: 'for the next time that the camera is opened' }),
});

export const controlsSetSchema = z.object({
  changes: z.array(
    z.object({
      name: z.string(),
      unit: z.string().nullable(),
      from: value,
      asked: value.meta({ description: 'null where the camera changed it by itself, and of commands' }),
      value: value.meta({ description: "the camera's own answer" }),
      kept: z.boolean(),
      isCommand: z.boolean(),
      because: z.string().nullable().meta({ description: 'the control whose setting has changed this one' }),
    }),
  ),
  refused: z.array(z.object({ name: z.string(), value, why: z.string() })),
  interrupted: z.boolean().meta({ description: 'whether the stream was ended and begun again for it' }),
}) satisfies z.ZodType<Told<SetControlsAnswer>>;

export const profileSchema = z.object({
  savedUtc: z.string(),
  values: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
});
