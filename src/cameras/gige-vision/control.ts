/** Control of a device: the privilege register, the heartbeat that keeps it, and the loss of it. */
import { GVCP_STATUS } from '#pipeline/wire/gvcp.js';
import { formatIpv4 } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP, CONTROL_PRIVILEGE } from '#pipeline/wire/registers.js';
import { CameraError } from './camera-error.js';
import { type GvcpClient, GvcpError } from './gvcp-client.js';

const PRIVILEGE = BOOTSTRAP.controlChannelPrivilege.address;
const HELD = CONTROL_PRIVILEGE.control | CONTROL_PRIVILEGE.exclusive;
/** Where a device does not say after how long it gives control away (GigE Vision's default). */
const DEFAULT_TIMEOUT_MS = 3000;

/**
 * Takes control of the device and keeps it. Throws CameraError `camera.access-denied`, naming the holder where the
 * device tells who that is.
 */
export class ControlChannel {
  readonly timeoutMs: number;
  readonly #client: GvcpClient;
  readonly #listeners = new Set<(error: CameraError) => void>();
  #timer: NodeJS.Timeout | null = null;
  #lost: CameraError | null = null;
  #released = false;

  private constructor(client: GvcpClient, timeoutMs: number) {
    this.#client = client;
    this.timeoutMs = timeoutMs;
  }

  static async take(client: GvcpClient): Promise<ControlChannel> {
    try {
      // Asked first, because some devices (Aravis' fake camera) leave a second program's WRITEREG without an answer.
      if (((await client.readRegister(PRIVILEGE)) & HELD) !== 0) throw await heldByAnother(client);
      await client.writeRegister(PRIVILEGE, CONTROL_PRIVILEGE.control);
    } catch (error) {
      const denied = error instanceof GvcpError && error.context.status === GVCP_STATUS.accessDenied;
      throw denied ? await heldByAnother(client) : error;
    }
    if (((await client.readRegister(PRIVILEGE)) & HELD) === 0) throw await heldByAnother(client);
    const timeoutMs = await client.readRegister(BOOTSTRAP.heartbeatTimeout.address).catch(() => 0);
    const channel = new ControlChannel(client, timeoutMs >= 100 ? timeoutMs : DEFAULT_TIMEOUT_MS);
    channel.#schedule();
    return channel;
  }

  /** Why control was lost, or null. */
  get lost(): CameraError | null {
    return this.#lost;
  }

  /** Called once, when the device is silent for its heartbeat time-out, or control is no longer ours. */
  onLost(listener: (error: CameraError) => void): void {
    this.#listeners.add(listener);
    const lost = this.#lost;
    if (lost !== null) queueMicrotask(() => listener(lost));
  }

  /** Gives control back; a device that is gone is let go after a short wait. Never throws. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#lost === null)
      await this.#client.writeRegister(PRIVILEGE, 0, { attempts: 3, attemptMs: 200 }).catch(() => undefined);
  }

  #schedule(): void {
    // Three chances within the time-out, at least one a second.
    this.#timer = setTimeout(() => void this.#beat(), Math.min(1000, this.timeoutMs / 3));
  }

  async #beat(): Promise<void> {
    const attemptMs = Math.min(500, this.timeoutMs / 6);
    try {
      const privilege = await this.#client.readRegister(PRIVILEGE, { attempts: 2, attemptMs });
      if ((privilege & HELD) === 0) {
        const how = 'it was restarted, or took us for dead because no heartbeat reached it';
        return this.#lose(`the camera at ${this.#client.host} gave up our control: ${how}`);
      }
    } catch (error) {
      if (error instanceof GvcpError && error.code === 'gvcp.closed') return;
      if (this.#client.silentMs >= this.timeoutMs) {
        const silence = (this.#client.silentMs / 1000).toFixed(1);
        return this.#lose(`the camera at ${this.#client.host} has not answered for ${silence} s`);
      }
    }
    if (!this.#released) this.#schedule();
  }

  #lose(message: string): void {
    if (this.#released || this.#lost !== null) return;
    const error = new CameraError('camera.lost', message);
    this.#lost = error;
    for (const listener of this.#listeners) listener(error);
  }
}

async function heldByAnother(client: GvcpClient): Promise<CameraError> {
  const quick = { attempts: 1, attemptMs: 300 };
  const address = await client.readRegister(BOOTSTRAP.primaryApplicationAddress.address, quick).catch(() => 0);
  const port = await client.readRegister(BOOTSTRAP.primaryApplicationPort.address, quick).catch(() => 0);
  const holder =
    address === 0 ? 'another program' : `a program at ${formatIpv4(address)}${port ? `, port ${port}` : ''}`;
  return new CameraError(
    'camera.access-denied',
    `the camera at ${client.host}:${client.port} is controlled by ${holder}; close that first`,
    { context: { holder: address === 0 ? null : formatIpv4(address), port } },
  );
}
