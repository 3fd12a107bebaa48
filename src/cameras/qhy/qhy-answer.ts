/** What the numbers mean that the library answers with, and the errors made of them. */
import { SdkError } from '../sdk/library.js';

export const QHYCCD_SUCCESS = 0;
/** Of every function; GetQHYCCDParam gives it as a double. */
export const QHYCCD_ERROR = 0xffff_ffff;
/** -3 as unsigned: the device is lost. */
const DEVICE_LOST = 0xffff_fffd;

/** What older libraries answer below -1 (qhyccderr.h, where later ones have compiled it out), as far as it helps people. */
const OLD_ERRORS: Readonly<Record<number, string>> = {
  2: 'image shift',
  3: 'the device is lost',
};

/** `what`: what was to be done, as in "the exposure could not be set". `text`: what the library said itself, or null. */
export function refusal(name: string, what: string, code: number, text: string | null): SdkError {
  const number = code >= 0x8000_0000 ? code - 0x1_0000_0000 : code;
  const known = OLD_ERRORS[-number];
  const said = text !== null && text !== '' ? `: ${text}` : known === undefined ? '' : `: ${known}`;
  if (code === DEVICE_LOST) {
    return new SdkError('sdk.lost', `${what}: the camera is gone (${name}${said}); look at its 12 V and its cable`, {
      context: { name, code },
    });
  }
  return new SdkError('sdk.refused', `${what}: ${name} answers ${number}${said}`, { context: { name, code } });
}

/** Text up to its first zero byte, without what cannot be printed. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const text = Buffer.from(bytes.subarray(0, end < 0 ? bytes.byteLength : end)).toString('latin1');
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, '').trim();
}
