/** The driver of QHY cameras through QHYCCD's library (koffi). One camera a process is how it is meant to run: behind the bridge. */
import { SdkError } from '../sdk/library.js';
import type { FoundSdkCamera, SdkCamera, SdkDriver, SdkEvent, SdkOptions } from '../sdk/sdk-camera.js';
import { QhyCamera } from './qhy-camera.js';
import { QhyDevice } from './qhy-device.js';
import { identify, nameOf } from './qhy-identity.js';
import { QHY_LIMITS, QhyLibrary, type QhyLimits } from './qhy-library.js';

/** `limits`: of calls that hang; tests shorten them. */
export function createQhyDriver(limits: QhyLimits = QHY_LIMITS): SdkDriver {
  const libraries = new Map<string, QhyLibrary>();
  const libraryOf = ({ library }: SdkOptions): QhyLibrary => {
    const key = library ?? process.env.QHYCCD_LIB ?? '';
    const found = libraries.get(key) ?? new QhyLibrary(library, limits);
    libraries.set(key, found);
    return found;
  };
  return {
    scheme: 'qhy',
    async find(options) {
      return (await libraryOf(options).scan()).map(foundCamera);
    },
    async open(id, options, event) {
      const library = libraryOf(options);
      const found = await library.scan();
      const named = id === '' ? found[0] : found.find((each) => each === id);
      if (named === undefined) throw missing(id, found);
      return openCamera(library, named, event);
    },
  };
}

/** What the thread of SDK cameras loads. */
export const qhyDriver: SdkDriver = createQhyDriver();

function foundCamera(id: string): FoundSdkCamera {
  return { uri: `qhy:${id}`, vendor: 'QHYCCD', ...nameOf(id), unavailable: null };
}

function missing(id: string, found: readonly string[]): SdkError {
  const there = found.length === 0 ? 'no QHY camera is found' : `found are ${found.join(', ')}`;
  return new SdkError(
    'sdk.no-camera',
    `${id === '' ? 'there is no camera to open' : `${id} is not there`}: ${there}; look at its 12 V, its cable, and whether this user may use it (QHYCCD's udev rules)`,
    { context: { id, found } },
  );
}

async function openCamera(library: QhyLibrary, id: string, event: (event: SdkEvent) => void): Promise<SdkCamera> {
  const device = new QhyDevice(library, id, await library.open(id));
  try {
    return await QhyCamera.open(device, await identify(library, device), event);
  } catch (error) {
    await library.close(device.handle);
    throw error;
  }
}
