/** A bridge on this machine: its packets are never lost on a wire, but the process that sends them waits for a processor as we do. */
import { DEFAULT_POLICY, type ReassemblyPolicy } from '#pipeline/receive/receiver.js';
import type { StreamCamera } from '#src/cameras/camera.js';

/** A bridge that others hold up has been seen to pause for a quarter of a second in mid-frame (load 15 on two cores). */
const BRIDGE_RETENTION_NS = 500_000_000;

/** Whether the library is called in this program, or by a bridge beside it. */
export function libraryIsHere({ mode, source }: Pick<StreamCamera, 'mode' | 'source'>): boolean {
  const isHere = source.localAddress === '' || source.localAddress.startsWith('127.');
  return mode.throughLibrary === true && isHere;
}

/** How missing packets of a camera are dealt with. */
export function reassemblyPolicy(camera: Pick<StreamCamera, 'mode' | 'source'>, resend: boolean): ReassemblyPolicy {
  const patience = libraryIsHere(camera) ? { retentionNs: BRIDGE_RETENTION_NS } : {};
  return { ...DEFAULT_POLICY, resend: resend && camera.source.supportsResend, ...patience };
}
