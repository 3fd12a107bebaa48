/** Who a GigE Vision device is, and where. */
import { type DeviceDescription, decodeDiscoveryAck } from '#pipeline/wire/discovery-ack.js';
import { WireError } from '#pipeline/wire/wire-error.js';
import { CameraError } from './camera-error.js';
import { discover } from './discovery.js';
import { type GvcpClient, GvcpError } from './gvcp-client.js';
import { gigeUri } from './uri.js';

export interface CameraIdentity {
  readonly uri: string;
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
  readonly version: string;
  readonly userName: string;
  readonly address: string;
  readonly port: number;
  readonly mac: string;
}

/** The identity of a device that answers at an address. */
export function identityOf(description: DeviceDescription, address: string, port: number): CameraIdentity {
  return {
    uri: gigeUri(address, port),
    vendor: description.vendor,
    model: description.model,
    serial: description.serial,
    version: description.deviceVersion,
    userName: description.userName,
    address,
    port,
    mac: description.mac,
  };
}

/** Asks what answers there. @throws CameraError `camera.no-answer`, `camera.not-gige-vision`; GvcpError */
export async function describe(client: GvcpClient): Promise<DeviceDescription> {
  try {
    return decodeDiscoveryAck(await client.discover({ attempts: 3, attemptMs: 500 }));
  } catch (error) {
    if (error instanceof WireError || (error instanceof GvcpError && error.code === 'gvcp.status'))
      throw new CameraError(
        'camera.not-gige-vision',
        `what answers at ${client.host}:${client.port} is no GigE Vision device`,
        { cause: error },
      );
    if (error instanceof GvcpError && error.code === 'gvcp.no-answer')
      throw new CameraError(
        'camera.no-answer',
        `no GigE Vision camera answers at ${client.host}:${client.port}; is it switched on, is the address right? \`appulse cameras\` lists what is there`,
        { cause: error },
      );
    throw error;
  }
}

/** The one device of that serial number, or name given by its user. @throws CameraError `camera.not-found`, `camera.ambiguous` */
export async function findBySerial(serial: string): Promise<{ host: string; port: number }> {
  const devices = await discover();
  const matching = devices.filter(
    ({ description }) => description.serial === serial || description.userName === serial,
  );
  const list = (some: typeof devices) =>
    some.map((device) => `${device.description.serial} at ${gigeUri(device.address, device.port)}`).join(', ');
  if (matching.length > 1)
    throw new CameraError('camera.ambiguous', `several cameras are named ${serial}: ${list(matching)}; use an address`);
  const [device] = matching;
  if (device === undefined)
    throw new CameraError(
      'camera.not-found',
      `no GigE Vision camera has the serial number or name ${serial}; found ${devices.length === 0 ? 'none' : list(devices)}`,
    );
  return { host: device.address, port: device.port };
}
