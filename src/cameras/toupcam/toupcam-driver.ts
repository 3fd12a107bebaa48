/** The driver of ToupTek's cameras and those of its brands: `toupcam:SERIAL`. */
import type { FoundSdkCamera, SdkDriver } from '../sdk/sdk-camera.js';
import { openBySerial, openDevice, uriWord, withNetwork } from './open-device.js';
import { ToupcamCamera } from './toupcam-camera.js';
import { ToupcamLibrary } from './toupcam-library.js';

export const toupcamDriver: SdkDriver = {
  scheme: 'toupcam',

  async find({ library: path }) {
    const library = ToupcamLibrary.open(path);
    const found: FoundSdkCamera[] = [];
    for (const device of await withNetwork(library, () => false)) {
      const opened = await openDevice(library, device);
      await opened?.handle.close();
      const serial = opened?.serial ?? uriWord(device.id);
      const inUse = 'another program has it, or this user may not open it: its serial number cannot be read';
      found.push({
        uri: `toupcam:${serial}`,
        vendor: library.brand.vendor,
        model: device.model.name,
        serial,
        unavailable: opened === null ? inUse : null,
      });
    }
    return found;
  },

  async open(id, { library: path }, event) {
    const library = ToupcamLibrary.open(path);
    return ToupcamCamera.take(library, await openBySerial(library, id), event);
  },
};
