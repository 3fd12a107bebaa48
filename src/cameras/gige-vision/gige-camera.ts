/** A GigE Vision camera under our control: features, packet size, stream. Nothing here needs the main thread. */
import type { ShutterModel } from '#gps/rows/shutter.js';
import type { DeviceDescription } from '#pipeline/wire/discovery-ack.js';
import type { GvcpEvent } from '#pipeline/wire/gvcp.js';
import { payloadDataBytes } from '#pipeline/wire/gvsp.js';
import { parseIpv4 } from '#pipeline/wire/network-text.js';
import { BOOTSTRAP, GVSP_EXTENDED_IDS, streamChannelAddress } from '#pipeline/wire/registers.js';
import { CameraError } from './camera-error.js';
import * as features from './camera-features.js';
import { ControlChannel } from './control.js';
import type { GenicamControls } from './controls/genicam-controls.js';
import { type DeviceFacts, readFacts } from './device-facts.js';
import { type CameraIdentity, describe, findBySerial, identityOf } from './device-identity.js';
import type { NodeMap } from './genicam/node-map.js';
import { GvcpClient } from './gvcp-client.js';
import { MessageChannel } from './message-channel.js';
import { negotiatePacketSize, type PacketSizeOptions } from './packet-size.js';
import type { GigeTarget } from './uri.js';

/** Where the stream goes. */
export interface StreamTarget {
  readonly address: string;
  readonly port: number;
  /** 64-bit block ids, as `selectBlockIds` has them. */
  readonly extendedIds: boolean;
  /** Nanoseconds between two packets; the camera's own setting when left out. */
  readonly packetDelayNs?: bigint;
  /** Single frames instead of a stream, where the camera has them. */
  readonly singleFrames?: boolean;
}

/** How the stream that was started is cut into packets. */
export interface StreamSetup {
  readonly extendedIds: boolean;
  /** SCPS: bytes of a full packet, IP, UDP and GVSP headers included. */
  readonly packetBytes: number;
  /** Image bytes of a full packet. */
  readonly packetDataBytes: number;
}

const STREAM_PORT = streamChannelAddress('port');
/**
 * A bridge of ours asks for more time as long as its library takes, and gives a call up by a limit of its own: half a minute, and twice
 * an exposure, of which the longest is an hour.
 */
const BRIDGE_PENDING_MS = 3 * 3_600_000;

export class GigeVisionCamera {
  readonly identity: CameraIdentity;
  /** Features by name. */
  readonly features: NodeMap;
  /** The features that its categories lead to, as controls. */
  readonly controls: GenicamControls;
  /** Our address on the route to the camera: where a receiver binds. */
  readonly localAddress: string;
  /** Ticks a second of the leader's time stamps; 0n when the camera has no clock. */
  readonly tickFrequencyHz: bigint;
  readonly supportsResend: boolean;
  readonly supportsExtendedIds: boolean;
  /** True for a camera that cannot send 16-bit block ids. */
  readonly requiresExtendedIds: boolean;
  /** It has a message channel, and events on it. */
  readonly hasEvents: boolean;
  /** Bits a second of its link; null where it does not tell. */
  readonly linkBitsPerSecond: number | null;
  readonly #client: GvcpClient;
  readonly #control: ControlChannel;
  #messages: MessageChannel | null = null;
  #streaming = false;
  #acquiring = false;
  #closing: Promise<void> | null = null;

  private constructor(client: GvcpClient, control: ControlChannel, description: DeviceDescription, facts: DeviceFacts) {
    this.#client = client;
    this.#control = control;
    this.identity = identityOf(description, client.remoteAddress, client.port);
    this.localAddress = client.localAddress;
    this.features = facts.features;
    this.controls = facts.controls;
    this.tickFrequencyHz = facts.tickFrequencyHz;
    this.supportsResend = facts.supportsResend;
    this.supportsExtendedIds = facts.supportsExtendedIds;
    this.requiresExtendedIds = facts.requiresExtendedIds;
    this.linkBitsPerSecond = facts.linkBitsPerSecond;
    this.hasEvents = facts.hasEvents;
  }

  /**
   * Takes control of a camera and reads its description. Control ends with `close()`, or when this process falls silent
   * for the camera's heartbeat time-out. Throws CameraError (see there), FeatureError, XmlSourceError.
   */
  static async open(target: GigeTarget): Promise<GigeVisionCamera> {
    const { host, port } = target.kind === 'serial' ? await findBySerial(target.serial) : target;
    const client = await GvcpClient.connect(host, port);
    let control: ControlChannel | null = null;
    try {
      const description = await describe(client);
      if (description.vendorInfo === features.BRIDGE_INFO) client.pendingMs = BRIDGE_PENDING_MS;
      control = await ControlChannel.take(client);
      return new GigeVisionCamera(client, control, description, await readFacts(client, description));
    } catch (error) {
      await control?.release();
      client.close();
      throw error;
    }
  }

  /** Called once when the camera is gone or control is lost; the camera is then only good for `close()`. */
  onLost(listener: (error: CameraError) => void): void {
    this.#control.onLost(listener);
  }

  /** Why the camera was lost, or null. */
  get lost(): CameraError | null {
    return this.#control.lost;
  }

  readGeometry(): Promise<features.StreamGeometry> {
    return features.readGeometry(this.features);
  }

  readShutter(): Promise<ShutterModel> {
    return features.readShutter(this.features);
  }

  /** Exposure time, or null where the camera does not tell. */
  exposureNs(): Promise<bigint | null> {
    return features.readExposureNs(this.features);
  }

  /** True where the camera says that each frame begins with a QHY GPS header, null where it has no such feature. */
  hasGpsHeader(): Promise<boolean | null> {
    return features.readGpsHeader(this.features);
  }

  /** Sets the largest packet size that arrives whole; returns what the camera has now. See packet-size.ts. */
  negotiatePacketSize(localAddress: string = this.localAddress, options: PacketSizeOptions = {}): Promise<number> {
    return negotiatePacketSize(this.#client, localAddress, options);
  }

  /**
   * Chooses 64-bit or 16-bit block ids; null keeps what the camera is set to. Returns what the camera has now: old
   * cameras only have 16-bit ids, some new ones only 64-bit ids.
   */
  async selectBlockIds(extended: boolean | null): Promise<boolean> {
    if (!this.supportsExtendedIds) return false;
    const address = BOOTSTRAP.gvspConfiguration.address;
    const before = await this.#client.readRegister(address);
    const now = (before & GVSP_EXTENDED_IDS) !== 0;
    const wanted = this.requiresExtendedIds || (extended ?? now);
    if (wanted === now) return now;
    const configuration = (wanted ? before | GVSP_EXTENDED_IDS : before & ~GVSP_EXTENDED_IDS) >>> 0;
    await this.#client.writeRegister(address, configuration);
    return ((await this.#client.readRegister(address)) & GVSP_EXTENDED_IDS) !== 0;
  }

  /** How a stream with that id mode is cut into packets: what a receiver must know before the stream starts. */
  async streamSetup(extendedIds: boolean): Promise<StreamSetup> {
    const packetBytes = (await this.#client.readRegister(streamChannelAddress('packetSize'))) & 0xffff;
    return { extendedIds, packetBytes, packetDataBytes: payloadDataBytes(packetBytes, extendedIds) };
  }

  /** Hands on each of the camera's events, until it is closed. Nothing where it has none. @throws GvcpError */
  async hearEvents(handle: (event: GvcpEvent) => void): Promise<void> {
    if (this.hasEvents) this.#messages ??= await MessageChannel.open(this.#client, handle);
  }

  /** Ticks between two packets of the stream (GevSCPD); returns what the camera made of it. */
  async setPacketDelay(ticks: number): Promise<number> {
    const address = streamChannelAddress('packetDelay');
    await this.#client.writeRegister(address, ticks);
    return this.#client.readRegister(address);
  }

  /**
   * Points the stream at a receiver, which is bound already, and starts acquisition. Throws CameraError `camera.ids`
   * when the camera cannot have the id mode asked for.
   */
  async startStream(target: StreamTarget): Promise<StreamSetup> {
    const extendedIds = await this.selectBlockIds(target.extendedIds);
    if (extendedIds !== target.extendedIds)
      throw new CameraError('camera.ids', `${this.identity.uri} sends ${extendedIds ? 64 : 16}-bit block ids only`);
    await this.#client.writeRegister(streamChannelAddress('destinationAddress'), parseIpv4(target.address));
    if (target.packetDelayNs !== undefined) {
      const ticks = (target.packetDelayNs * this.tickFrequencyHz) / 1_000_000_000n;
      await this.#client.writeRegister(streamChannelAddress('packetDelay'), Number(BigInt.asUintN(32, ticks)));
    }
    const setup = await this.streamSetup(extendedIds);
    await this.#client.writeRegister(STREAM_PORT, target.port);
    this.#streaming = true;
    await features.startAcquisition(this.features, target.singleFrames === true);
    this.#acquiring = true;
    return setup;
  }

  /** Asks for no further frame; the one under way is still sent. */
  async stopAcquisition(): Promise<void> {
    if (!this.#acquiring) return;
    this.#acquiring = false;
    await this.features.execute('AcquisitionStop');
  }

  /** Ends acquisition and closes the stream channel. */
  async stopStream(): Promise<void> {
    if (!this.#streaming) return;
    this.#streaming = false;
    await this.stopAcquisition();
    await features.unlockParameters(this.features);
    await this.#client.writeRegister(STREAM_PORT, 0);
  }

  /** Stops the stream, gives control back, closes the socket. Never throws, may be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#messages?.close();
    if (this.lost === null) {
      // A camera that has just vanished must not hold up the end of the program for all its retries.
      const limit = new Promise<void>((resolve) => setTimeout(resolve, 2000).unref());
      await Promise.race([this.stopStream().catch(() => undefined), limit]);
      await Promise.race([this.#control.release(), limit]);
    } else await this.#control.release();
    this.#client.close();
  }
}
