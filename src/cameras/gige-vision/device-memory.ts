/** The camera's memory for its GenICam description: any address, any length, over commands that want multiples of 4. */

import type { RegisterPort } from './genicam/feature-node.js';
import type { GvcpClient } from './gvcp-client.js';

/** Whole, aligned words go as they are; of anything else the words around it are read, and changed in part. */
export function deviceMemory(client: GvcpClient): RegisterPort {
  return {
    async read(address, length) {
      if (isWord(address, length)) return word(await client.readRegister(address));
      const start = address & ~3;
      const memory = await client.readMemory(start >>> 0, roundUp(address - (start >>> 0) + length));
      return memory.subarray(address - (start >>> 0), address - (start >>> 0) + length);
    },
    async write(address, data) {
      if (isWord(address, data.length)) {
        const view = new DataView(data.buffer, data.byteOffset, 4);
        return client.writeRegister(address, view.getUint32(0));
      }
      const start = (address & ~3) >>> 0;
      const length = roundUp(address - start + data.length);
      const whole = start === address && length === data.length;
      const memory = whole ? data : await client.readMemory(start, length);
      if (!whole) memory.set(data, address - start);
      await client.writeMemory(start, memory);
    },
  };
}

function isWord(address: number, length: number): boolean {
  return length === 4 && address % 4 === 0;
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function roundUp(length: number): number {
  return Math.ceil(length / 4) * 4;
}
