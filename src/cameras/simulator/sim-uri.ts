import { type RawOptions, simulatorOptionTable } from './option-table.js';
import { SimulatorOptionError, type SimulatorOptions, simulatorOptions } from './options.js';

/** What a `sim:` URI asks for: the model, and the arguments that `appulse simulate` takes behind it. */
export interface SimUri {
  readonly model: string;
  readonly args: string[];
}

function decoded(uri: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new SimulatorOptionError(`${uri}: '${text}' has a % that escapes nothing`, { cause });
  }
}

/**
 * Reads `sim:MODEL?fps=500&loss=0.01&no-resend`: the fields are the options of `appulse simulate`.
 * Throws SimulatorOptionError for what `simulate` would refuse.
 */
export function parseSimUri(uri: string): SimUri {
  const { model, args } = readSimUri(uri);
  return { model, args };
}

/** The camera that a `sim:` URI describes. Throws as `parseSimUri`. */
export function simUriOptions(uri: string): SimulatorOptions {
  return readSimUri(uri).options;
}

function readSimUri(uri: string): SimUri & { readonly options: SimulatorOptions } {
  const match = /^sim:([^?]+)(?:\?(.*))?$/.exec(uri);
  if (!match) throw new SimulatorOptionError(`${uri}: write sim:MODEL or sim:MODEL?option=value&option=value`);
  const model = match[1] as string;
  const args: string[] = [];
  const raw: Record<string, string | string[] | true> = {};
  for (const field of (match[2] ?? '').split('&').filter((text) => text !== '')) {
    const equals = field.indexOf('=');
    const name = decoded(uri, equals < 0 ? field : field.slice(0, equals));
    const value = equals < 0 ? '' : decoded(uri, field.slice(equals + 1));
    const row = simulatorOptionTable.find((option) => option.name === name);
    if (!row) throw new SimulatorOptionError(`${uri}: there is no option ${name}; appulse simulate --help lists them`);
    if (row.kind === 'flag') {
      if (value !== 'false' && value !== '0') {
        raw[name] = value === '' ? true : value;
        args.push(`--${name}`);
      }
      continue;
    }
    if (value === '')
      throw new SimulatorOptionError(`${uri}: option ${name} needs a value, ${name}=${row.placeholder}`);
    for (const item of row.kind === 'list' ? value.split(',') : [value]) {
      args.push(`--${name}`, item);
      const before = raw[name];
      raw[name] =
        row.kind === 'list' && Array.isArray(before) ? [...before, item] : row.kind === 'list' ? [item] : item;
    }
  }
  return { model, args, options: simulatorOptions(model, raw satisfies RawOptions) };
}
