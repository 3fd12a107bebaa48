/** Who a camera is and what runs in it. */
import type { CameraIdentity } from '../camera.js';
import { QHYCCD_SUCCESS } from './qhy-answer.js';
import type { QhyDevice } from './qhy-device.js';
import type { QhyLibrary } from './qhy-library.js';
import { firmwareDate, fpgaDate, type KnownVersions, sdkDate } from './versions.js';

export interface QhyIdentity {
  readonly identity: CameraIdentity;
  readonly versions: Readonly<Record<string, string>>;
  readonly known: KnownVersions;
  /** Reached through the maker's card and fibre instead of USB. */
  readonly fibre: boolean;
}

/** Model and serial number in an identifier such as `QHY600M-0123456789abcdef`. */
export function nameOf(id: string): { readonly model: string; readonly serial: string } {
  const [model = id, ...rest] = id.split('-');
  return { model, serial: rest.join('-') || id };
}

/** Identifiers such as QHY600MPCIE-... and QHY411MERIS-... are those of the card. */
export const isFibre = (id: string): boolean => /PCIE|ERIS/i.test(nameOf(id).model);

const MOST_CARDS = 5;

export async function identify(library: QhyLibrary, device: QhyDevice): Promise<QhyIdentity> {
  const { id } = device;
  const fibre = isFibre(id);
  const bytes = async (name: 'GetQHYCCDFWVersion' | 'GetQHYCCDFPGAVersion', ...args: number[]) => {
    const found = new Uint8Array(32);
    return device.has(name) && (await device.code(name, ...args, found)) === QHYCCD_SUCCESS ? found : null;
  };
  const [firmware, main, backup] = [
    await bytes('GetQHYCCDFWVersion'),
    await bytes('GetQHYCCDFPGAVersion', 0),
    await bytes('GetQHYCCDFPGAVersion', 1),
  ];
  const sdk = await sdkVersion(library);
  const fpga = main === null ? null : fpgaDate(main);
  // By fibre the firmware always tells a date of 2016: the FPGA's counts.
  const camera = fibre ? fpga : firmware === null ? null : firmwareDate(firmware);
  const versions: Record<string, string> = { Library: library.lane.library.path };
  const put = (name: string, version: string | null) => {
    if (version !== null) versions[name] = version;
  };
  put('QHYCCD SDK', sdk);
  put('Firmware', fibre || firmware === null ? null : firmwareDate(firmware));
  put('FPGA', fpga);
  put('FPGA, backup', backup === null ? null : fpgaDate(backup));
  for (const [index, card] of (await cardVersions(library)).entries()) put(`Fibre card ${index}`, card);
  const { model, serial } = nameOf(id);
  return {
    identity: { vendor: 'QHYCCD', model, serial, version: camera ?? 'unknown' },
    versions,
    known: { sdk, firmware: camera },
    fibre,
  };
}

async function words(
  library: QhyLibrary,
  name: 'GetQHYCCDSDKVersion' | 'GetQHYCCDPCIECardNum' | 'GetQHYCCDPCIECardVer',
  count: number,
  ...args: number[]
) {
  if (!library.has(name)) return null;
  const found = Array.from({ length: count }, () => new Uint32Array(1));
  const code = await library.code(name, library.limits.callMs, ...args, ...found);
  return code === QHYCCD_SUCCESS ? found.map((word) => word[0] ?? 0) : null;
}

async function sdkVersion(library: QhyLibrary): Promise<string | null> {
  const [year = 0, month = 0, day = 0] = (await words(library, 'GetQHYCCDSDKVersion', 4)) ?? [];
  return sdkDate(year, month, day);
}

async function cardVersions(library: QhyLibrary): Promise<readonly string[]> {
  const [count = 0] = (await words(library, 'GetQHYCCDPCIECardNum', 1)) ?? [];
  const found: string[] = [];
  for (let index = 0; index < Math.min(MOST_CARDS, count); index++) {
    const [year = 0, month = 0, day = 0, sub = 0] = (await words(library, 'GetQHYCCDPCIECardVer', 4, index)) ?? [];
    const date = sdkDate(year, month, day);
    found.push(date === null ? 'unknown' : `${date}.${sub}`);
  }
  return found;
}
