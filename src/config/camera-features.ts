/** Features of a camera: a table in the file, `NAME=VALUE` as an option, several with spaces between them in the environment. */
import { z } from 'zod';
import { inWords } from './in-words.js';
import { UsageError } from './usage-error.js';

function parseWord(word: string): [string, string] {
  // A record cannot hold the name that is left out: it would be taken, and lost without a word.
  const [, name, value] = /^(?!__proto__=)([^=]+)=(.*)$/s.exec(word) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError('usage.feature', `'${word}' is not NAME=VALUE, such as ExposureTime=5000`);
  }
  return [name, value];
}

type Features = Readonly<Record<string, string | number | boolean>>;

function tableOf(given: string | readonly string[] | Features): Features {
  if (typeof given === 'string') return Object.fromEntries(given.split(/\s+/).filter(Boolean).map(parseWord));
  return isList(given) ? Object.fromEntries(given.map(parseWord)) : given;
}

const isList = (given: readonly string[] | Features): given is readonly string[] => Array.isArray(given);

export const cameraFeatures: z.ZodType<Features> = z
  .union([z.string(), z.array(z.string()), z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))])
  .transform(inWords(tableOf));
