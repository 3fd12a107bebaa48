/** A camera made of a description and 64 KiB of memory that counts what is asked of it. */
import { NodeMap } from '#src/cameras/gige-vision/genicam/node-map.js';

export interface MemoryCamera {
  readonly map: NodeMap;
  readonly memory: DataView;
  /** Addresses read and written since the last `take`, in order. */
  take(): { reads: number[]; writes: number[] };
  /** Lets time pass. */
  wait(ms: number): void;
}

/** `nodes` stand beside a port `Device`; without a category of their own. */
export function memoryCamera(nodes: string): MemoryCamera {
  const bytes = new Uint8Array(65536);
  let reads: number[] = [];
  let writes: number[] = [];
  let nowNs = 0n;
  const port = {
    read: async (address: number, length: number) => {
      reads.push(address);
      return Uint8Array.from(bytes.subarray(address, address + length));
    },
    write: async (address: number, data: Uint8Array) => {
      writes.push(address);
      bytes.set(data, address);
    },
  };
  const xml = `<RegisterDescription SchemaMajorVersion="1" xmlns="http://www.genicam.org/GenApi/Version_1_1">${nodes}<Port Name="Device"/></RegisterDescription>`;
  return {
    map: new NodeMap(xml, port, { nowNs: () => nowNs }),
    memory: new DataView(bytes.buffer),
    take: () => {
      const taken = { reads, writes };
      reads = [];
      writes = [];
      return taken;
    },
    wait: (ms) => {
      nowNs += BigInt(ms) * 1_000_000n;
    },
  };
}

/** A big-endian register of 4 bytes that can be read and written; `more` replaces nothing. */
export function register(name: string, address: number | string, more = '', kind = 'IntReg', length = 4): string {
  const where = typeof address === 'number' ? `<Address>${address}</Address>` : address;
  const access = more.includes('<AccessMode>') ? '' : '<AccessMode>RW</AccessMode>';
  return `<${kind} Name="${name}">${where}<Length>${length}</Length>${access}<pPort>Device</pPort>${more}<Endianess>BigEndian</Endianess></${kind}>`;
}

/** The code and the message of the error that `run` ends with. */
export async function errorOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (typeof code !== 'string') throw error;
    return `${code}: ${message}`;
  }
  return 'no error';
}
