/** Where the time stamp of a frame stands among its chunks, by the camera's GenICam description. */
import type { TimestampChunk } from '../camera.js';
import { childText } from './genicam/description.js';
import { FeatureError } from './genicam/feature-error.js';
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
    const carrier = await register.carrier();
    const [offset, bytes] = [await register.address(), await register.length()];
    if (carrier?.kind !== 'chunk' || carrier.id === null || offset < 0 || bytes > 8 || register.swapsWords) return null;
    return { id: carrier.id, offset, bytes, byteOrder: register.bigEndian ? 'big' : 'little' };
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
