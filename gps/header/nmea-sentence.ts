/** NMEA 0183 sentences: `$GPGGA,field,field*hh`, hh the exclusive or of what stands between `$` and `*`. */

/** `missing`: the standard allows it, and nothing vouches for the text. */
export type NmeaChecksum = 'right' | 'wrong' | 'missing';

export interface NmeaSentence {
  /** GP, GN, GL, GA, GB, BD...; P of a maker's own. */
  readonly talker: string;
  /** GGA, RMC...; of a maker's own the rest of the address, such as UBX. */
  readonly type: string;
  /** What stands behind the address. */
  readonly fields: readonly string[];
  readonly checksum: NmeaChecksum;
  readonly text: string;
}

/** The standard's 82 characters, and what makers add. */
const LONGEST = 164;
const MOST_SENTENCES = 128;
const ADDRESS = /^(?:(P)([A-Z0-9]{1,8})|([A-Z]{2})([A-Z0-9]{3}))$/;

/** The sentences in a run of bytes, what is none between them left out. Never throws. */
export function splitSentences(bytes: Uint8Array): NmeaSentence[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const sentences: NmeaSentence[] = [];
  for (const [, body] of text.matchAll(/\$([\x20-\x23\x25-\x7e]*)/g)) {
    if (sentences.length === MOST_SENTENCES) break;
    const sentence = body === undefined || body.length > LONGEST ? null : parseSentence(body);
    if (sentence !== null) sentences.push(sentence);
  }
  return sentences;
}

/** `body`: what follows the `$`. */
function parseSentence(body: string): NmeaSentence | null {
  const star = body.lastIndexOf('*');
  const covered = star < 0 ? body : body.slice(0, star);
  const [address = '', ...fields] = covered.split(',');
  const known = ADDRESS.exec(address);
  if (known === null) return null;
  const [, own, ownType, talker, type] = known;
  return {
    talker: own ?? talker ?? '',
    type: ownType ?? type ?? '',
    fields,
    checksum: star < 0 ? 'missing' : checksumOf(covered, body.slice(star + 1)),
    text: `$${body}`,
  };
}

function checksumOf(covered: string, told: string): NmeaChecksum {
  let sum = 0;
  for (let i = 0; i < covered.length; i++) sum ^= covered.charCodeAt(i);
  return /^[0-9A-Fa-f]{2}\s*$/.test(told) && Number.parseInt(told, 16) === sum ? 'right' : 'wrong';
}
