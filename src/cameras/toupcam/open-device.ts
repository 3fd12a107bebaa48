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

/** How long cameras at a network may take to answer. */
const NETWORK_MS = 500;
const LOOK_AGAIN_MS = 100;

/** What there is, at the network too; as soon as `isEnough`. @throws SdkError `sdk.silent` */
export async function withNetwork(
  library: ToupcamLibrary,
  isEnough: (devices: readonly ToupcamDevice[]) => boolean,
): Promise<readonly ToupcamDevice[]> {
  await library.enableNetwork();
  const until = performance.now() + (library.library.has('GigeEnable') ? NETWORK_MS : 0);
  for (;;) {
    const devices = await library.devices();
    if (isEnough(devices) || performance.now() >= until) return devices;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

interface Tried {
  readonly opened: OpenedDevice | null;
  /** In words: those that have another serial number, and those that cannot be opened. */
  readonly others: readonly string[];
  readonly closed: readonly string[];
}

/**
 * The camera with a serial number or an id; '' for the first that can be opened. The network is looked at only where none of USB is it: a
 * camera of USB has nothing of that. @throws SdkError `sdk.no-camera`, `sdk.in-use`, `sdk.silent`
 */
export async function openBySerial(library: ToupcamLibrary, wanted: string): Promise<OpenedDevice> {
  const near = await library.devices();
  const first = await tryDevices(library, wanted, near);
  if (first.opened !== null) return first.opened;
  const isFar = ({ id }: ToupcamDevice): boolean => !near.some((one) => one.id === id);
  // A serial number is known only once a camera is open, so all of them are waited for.
  const isIt = (device: ToupcamDevice): boolean => isFar(device) && (wanted === '' || uriWord(device.id) === wanted);
  const far = (await withNetwork(library, (devices) => devices.some(isIt))).filter(isFar);
  const second = await tryDevices(library, wanted, far);
  if (second.opened !== null) return second.opened;
  const closed = [...first.closed, ...second.closed];
  const others = [...first.others, ...second.others];
  if (closed.length > 0) {
    const text = `${closed.join(', ')} cannot be opened: end the program that has it, or install the SDK's udev rules and plug it in again`;
    throw new SdkError('sdk.in-use', wanted === '' ? text : `no camera ${wanted} could be opened; ${text}`);
  }
  const found = others.length === 0 ? 'none is plugged in' : `there is ${others.join(', ')}`;
  throw new SdkError('sdk.no-camera', `there is no Toupcam camera${wanted === '' ? '' : ` ${wanted}`}: ${found}`);
}

async function tryDevices(library: ToupcamLibrary, wanted: string, devices: readonly ToupcamDevice[]): Promise<Tried> {
  const others: string[] = [];
  const closed: string[] = [];
  // One that is named by its id is tried first, so that no other is opened for its serial number.
  const named = devices.filter(({ id }) => uriWord(id) === wanted);
  for (const device of [...named, ...devices.filter((one) => !named.includes(one))]) {
    const opened = await openDevice(library, device);
    if (opened === null) closed.push(`${device.model.name} (${device.id})`);
    else if (wanted === '' || opened.serial === wanted || named.includes(device)) return { opened, others, closed };
    else {
      others.push(`${device.model.name} toupcam:${opened.serial}`);
      await opened.handle.close();
    }
  }
  return { opened: null, others, closed };
}
