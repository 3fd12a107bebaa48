/** Ports: the way to a register's bytes. Mostly the camera's memory, else a chunk of a frame or the data of an event. */
import { childText } from './description.js';
import { type FeatureAccess, FeatureNode } from './feature-node.js';
import { portIdOf } from './node-table.js';

/** What brings the bytes of a port that does not lead into the camera's memory. */
export interface Carrier {
  readonly kind: 'chunk' | 'event';
  /** Null where the description is not clear about it. */
  readonly id: number | null;
}

export class PortNode extends FeatureNode {
  /** Registers of this port have the other order of bytes than they say. */
  get swapsBytes(): boolean {
    return childText(this.element, 'SwapEndianess') === 'Yes';
  }

  /** Null: the camera's memory. */
  async carrier(): Promise<Carrier | null> {
    const has = (tag: string) => this.element.children.some((child) => child.tag === tag);
    if (has('ChunkID')) return { kind: 'chunk', id: portIdOf(this.element, 'ChunkID') };
    if (has('pChunkID')) {
      const text = (await this.referred('pChunkID')?.readText()) ?? '';
      return { kind: 'chunk', id: /^(0x)?[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : null };
    }
    return has('EventID') ? { kind: 'event', id: portIdOf(this.element, 'EventID') } : null;
  }
}

/** What only cameras on IEEE 1394 have: keys of the bus's configuration memory, locks of their advanced features. */
export class SerialBusNode extends FeatureNode {
  protected override ownAccess(): Promise<FeatureAccess> {
    return Promise.resolve({ mode: 'NA', why: 'not-available', detail: 'it belongs to cameras on IEEE 1394' });
  }
}
