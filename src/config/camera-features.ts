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

/** A name that comes again would win over the first, and a value behind a selector be lost without a word. */
function tableOfWords(words: readonly string[]): Features {
  const pairs = words.map(parseWord);
  const names = pairs.map(([name]) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return Object.fromEntries(pairs);
  const instead = 'values behind a selector are set before, by appulse controls CAMERA set';
  throw new UsageError('usage.feature', `${twice} is given twice; ${instead}`);
}

function tableOf(given: string | readonly string[] | Features): Features {
  if (typeof given === 'string') return tableOfWords(given.split(/\s+/).filter(Boolean));
  return isList(given) ? tableOfWords(given) : given;
}

const isList = (given: readonly string[] | Features): given is readonly string[] => Array.isArray(given);

export const cameraFeatures: z.ZodType<Features> = z
  .union([z.string(), z.array(z.string()), z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))])
  .transform(inWords(tableOf));
