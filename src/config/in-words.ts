import { z } from 'zod';
import { reasonOf } from '#gps/errors.js';

/** A transformation of a schema whose errors become the words of the setting's error. */
export function inWords<In, Out>(transform: (value: In) => Out): (value: In, context: z.RefinementCtx<In>) => Out {
  return (value, context) => {
    try {
      return transform(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: reasonOf(error) });
      return z.NEVER;
    }
  };
}
