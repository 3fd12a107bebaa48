/** Where the time stamp of a frame stands among its chunks, by the camera's GenICam description. */
import type { TimestampChunk } from '../camera.js';
import { childText } from './genicam/description.js';
import { FeatureError } from './genicam/feature-error.js';
import { parseWhole } from './genicam/feature-node.js';
import type { NodeMap } from './genicam/node-map.js';
import { RegisterNode } from './genicam/register-node.js';

/** From the feature to its register: a few nodes that only pass a value on. */
const LONGEST_WAY = 8;

/**
 * ChunkTimestamp of SFNC, where ChunkModeActive is on: the camera's time stamp when the frame began. Null where the camera has
 * neither, does not send chunks now, or describes it in a way that is not a plain register of a chunk.
 */
export async function readTimestampChunk(features: NodeMap): Promise<TimestampChunk | null> {
  try {
    if (!features.has('ChunkModeActive') || (await features.integer('ChunkModeActive')) === 0n) return null;
    const register = registerOf(features, 'ChunkTimestamp');
    if (register === null) return null;
    const id = chunkIdOf(features, register);
    const [offset, bytes] = [await register.address(), await register.length()];
    if (id === null || bytes > 8) return null;
    const bigEndian = childText(register.element, 'Endianess') === 'BigEndian';
    return { id, offset, bytes, byteOrder: bigEndian ? 'big' : 'little' };
  } catch (error) {
    if (error instanceof FeatureError) return null;
    throw error;
  }
}

function registerOf(features: NodeMap, name: string): RegisterNode | null {
  let next: string | undefined = name;
  for (let way = 0; way < LONGEST_WAY && next !== undefined && features.has(next); way++) {
    const node = features.node(next);
    if (node instanceof RegisterNode) return node;
    next = childText(node.element, 'pValue');
  }
  return null;
}

/** Of the chunk port that a register belongs to: hexadecimal digits without 0x. */
function chunkIdOf(features: NodeMap, register: RegisterNode): number | null {
  const port = childText(register.element, 'pPort');
  if (port === undefined || !features.has(port)) return null;
  const text = childText(features.node(port).element, 'ChunkID')?.trim() ?? '';
  return /^(0x)?[0-9a-fA-F]{1,8}$/.test(text) ? Number(parseWhole(`0x${text.replace(/^0x/, '')}`, port)) : null;
}
