/** Which camera has a serial number: its id belongs to the port it is plugged in at, and the serial can only be read once it is open. */
import { SdkError } from '../sdk/library.js';
import { FLAG, SERIAL_BYTES } from './toupcam-constants.js';
import type { ToupcamHandle } from './toupcam-handle.js';
import type { ToupcamDevice, ToupcamLibrary } from './toupcam-library.js';

export interface OpenedDevice {
  readonly device: ToupcamDevice;
  readonly handle: ToupcamHandle;
  /** Its id where it tells no serial number. */
  readonly serial: string;
}

/** What URIs may hold: anything else in a serial number or an id is left out of them. */
export const uriWord = (text: string): string => text.replace(/[^\w.+-]/g, '').slice(0, 63);

/** Opens one, colour cameras with their white balance by gains of red, green and blue (`@`). Null: another program has it, or it may not be opened. */
export async function openDevice(library: ToupcamLibrary, device: ToupcamDevice): Promise<OpenedDevice | null> {
  const isMono = (device.model.flags & FLAG.MONO) !== 0n;
  const handle = await library.openCamera(device, isMono ? '' : '@');
  if (handle === null) return null;
  const serial = handle.text('get_SerialNumber', SERIAL_BYTES);
  return { device, handle, serial: uriWord(serial ?? device.id) };
}

/** The camera with a serial number or an id; '' for the first that can be opened. @throws SdkError `sdk.no-camera`, `sdk.in-use`, `sdk.silent` */
export async function openBySerial(library: ToupcamLibrary, wanted: string): Promise<OpenedDevice> {
  const devices = await library.devices();
  const others: string[] = [];
  const closed: string[] = [];
  // One that is named by its id is tried first, so that no other is opened for its serial number.
  const named = devices.filter(({ id }) => uriWord(id) === wanted);
  for (const device of [...named, ...devices.filter((one) => !named.includes(one))]) {
    const opened = await openDevice(library, device);
    if (opened === null) closed.push(`${device.model.name} (${device.id})`);
    else if (wanted === '' || opened.serial === wanted || named.includes(device)) return opened;
    else {
      others.push(`${device.model.name} toupcam:${opened.serial}`);
      await opened.handle.close();
    }
  }
  if (closed.length > 0) {
    const text = `${closed.join(', ')} cannot be opened: end the program that has it, or install the SDK's udev rules and plug it in again`;
    throw new SdkError('sdk.in-use', wanted === '' ? text : `no camera ${wanted} could be opened; ${text}`);
  }
  const found = others.length === 0 ? 'none is plugged in' : `there is ${others.join(', ')}`;
  throw new SdkError('sdk.no-camera', `there is no Toupcam camera${wanted === '' ? '' : ` ${wanted}`}: ${found}`);
}
