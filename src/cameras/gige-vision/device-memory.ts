/** The camera's memory for its GenICam description: any address, any length, over commands that want multiples of 4. */

import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import type { RegisterPort } from './genicam/feature-node.js';
import { type GvcpClient, GvcpError } from './gvcp-client.js';

/**
 * Whole, aligned words go as they are; of anything else the words around it are read, and changed in part.
 *
 * READREG and WRITEREG carry words in the network's order, READMEM and WRITEMEM bytes as they lie in the camera. `littleEndian`: the
 * camera's words lie the other way round and its description counts on that (GenICam Standard 2.1.1, 3.1: device mode without its
 * first bit, schema 1.1 or newer). Descriptions by schema 1.0 call every register big-endian, whatever the camera is.
 */
export function deviceMemory(client: GvcpClient, littleEndian: () => boolean = () => false): RegisterPort {
  return {
    async read(address, length) {
      if (isWord(address, length) && !littleEndian()) return word(await client.readRegister(address));
      const start = address & ~3;
      const memory = await client.readMemory(start >>> 0, roundUp(address - (start >>> 0) + length));
      return memory.subarray(address - (start >>> 0), address - (start >>> 0) + length);
    },
    async write(address, data) {
      if (isWord(address, data.length)) {
        const view = new DataView(data.buffer, data.byteOffset, 4);
        const written = littleEndian() && (await writtenAsMemory(client, address, data));
        if (!written) await client.writeRegister(address, view.getUint32(0, littleEndian()));
        return;
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

/**
 * False where the camera has no WRITEMEM. Bytes that go as they lie need no belief in the device mode, which not every camera fills in
 * rightly (Aravis' fake one does not).
 */
async function writtenAsMemory(client: GvcpClient, address: number, data: Uint8Array): Promise<boolean> {
  try {
    await client.writeMemory(address, data);
    return true;
  } catch (error) {
    if (error instanceof GvcpError && error.context.status === GVCP_STATUS.notImplemented) return false;
    throw error;
  }
}

/** Device Mode (0x0004): the camera's registers are big-endian. */
const BIG_ENDIAN_DEVICE = 0x80000000;

/** Whether the words of a camera lie the other way round for its description. */
export function isLittleEndian(deviceMode: number, schemaVersion: string): boolean {
  return (deviceMode & BIG_ENDIAN_DEVICE) === 0 && !/^1\.0(\.|$)/.test(schemaVersion);
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
