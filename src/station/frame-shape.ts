import type { SlotInfo } from '#pipeline/ring/slot.js';
import { PAYLOAD_TYPE } from '#pipeline/wire/gvsp.js';

/**
 * Width, height and format of a frame: of its leader, else those that the camera is set to. Leaders of chunk data (payload type
 * 0x0004) tell no geometry; their first chunk is the image.
 */
export function shapeOf<Shape>(info: SlotInfo, asSet: Shape): SlotInfo | Shape {
  const isChunkData = (info.payloadType & ~PAYLOAD_TYPE.withChunks) === PAYLOAD_TYPE.chunkData;
  return info.leaderSeen && !isChunkData ? info : asSet;
}
