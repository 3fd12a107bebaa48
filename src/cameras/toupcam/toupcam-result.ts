/** What the SDK answers: an HRESULT, whose negative values are refusals. */
import { SdkError } from '../sdk/library.js';

export const S_FALSE = 1;
export const E_PENDING = 0x8000000a | 0;
export const E_NOTIMPL = 0x80004001 | 0;

interface Result {
  readonly name: string;
  readonly words: string;
}

/** Names of winerror.h; what they mean for a camera is from toupcam.h. */
const RESULTS: ReadonlyMap<number, Result> = new Map(
  (
    [
      [0x8000ffff, 'E_UNEXPECTED', 'not possible in the state that the camera is in, such as while frames stream'],
      [0x80004001, 'E_NOTIMPL', 'this model does not have it'],
      [0x80070005, 'E_ACCESSDENIED', 'no permission: install the udev rules of the SDK, and plug the camera in again'],
      [0x8007000e, 'E_OUTOFMEMORY', 'out of memory'],
      [0x80070057, 'E_INVALIDARG', 'a value that the camera does not take'],
      [0x80004003, 'E_POINTER', 'a missing pointer: a defect of this driver, or of the library'],
      [0x80004005, 'E_FAIL', 'it failed, and the library does not say why'],
      [0x8001010e, 'E_WRONG_THREAD', "called out of the library's own callback: a defect of this driver"],
      [0x8007001f, 'E_GEN_FAILURE', 'the device does not work: check cable, hub and power'],
      [0x800700aa, 'E_BUSY', 'busy: another program may have the camera'],
      [0x8000000a, 'E_PENDING', 'no frame is there yet'],
      [0x8001011f, 'E_TIMEOUT', 'the camera did not answer in time'],
      [0x80072743, 'E_UNREACH', 'the camera cannot be reached over the network'],
    ] as const
  ).map(([code, name, words]) => [code | 0, { name, words }]),
);

/** `E_PENDING (0x8000000a): no frame is there yet`. */
export function resultInWords(result: number): string {
  const hex = `0x${(result >>> 0).toString(16).padStart(8, '0')}`;
  const known = RESULTS.get(result);
  return known === undefined ? `${hex}, which the SDK does not name` : `${known.name} (${hex}): ${known.words}`;
}

/** Nothing when `result` is a success. @throws SdkError `sdk.refused` that says what was tried */
export function checkResult(result: number, what: string): void {
  if (result >= 0) return;
  throw new SdkError('sdk.refused', `${what} was refused by the camera's library: ${resultInWords(result)}`, {
    context: { result },
  });
}
