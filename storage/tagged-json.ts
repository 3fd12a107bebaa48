/**
 * Plain data as one line of JSON without loss: bigint as `{"n":"123"}`, bytes as `{"hex":"00ff"}`. For the lists and logs that stand
 * beside segments, which people may read and `recover` must.
 */

export function toTaggedJson(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => {
    if (typeof field === 'bigint') return { n: field.toString() };
    if (field instanceof Uint8Array) return { hex: Buffer.from(field).toString('hex') };
    return field;
  });
}

/** Throws SyntaxError for what is no such JSON. */
export function fromTaggedJson(text: string): unknown {
  return JSON.parse(text, (_, field: unknown) => {
    if (typeof field !== 'object' || field === null) return field;
    const keys = Object.keys(field);
    if (keys.length !== 1) return field;
    if ('n' in field && typeof field.n === 'string') return BigInt(field.n);
    if ('hex' in field && typeof field.hex === 'string') return new Uint8Array(Buffer.from(field.hex, 'hex'));
    return field;
  });
}
