/** NMEA text as cameras write it behind the GPS header. */

/** `body` between `$` and its check sum. */
export function checked(body: string): string {
  const sum = Buffer.from(body, 'latin1').reduce((all, byte) => all ^ byte, 0);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Marks, length (of the text unless said) and the sentences, a line each. */
export function nmeaBlock(sentences: readonly string[], declared?: number): Uint8Array {
  const text = Buffer.from(sentences.map((sentence) => `${sentence}\r\n`).join(''), 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(declared ?? text.length);
  return Buffer.concat([Buffer.from('11223366', 'hex'), length, text, Buffer.from('ee33cc44', 'hex')]);
}
