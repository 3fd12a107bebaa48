/** A call of the library that does not come back in time is an error, not a wait without end. */
import { SdkError } from '../sdk/library.js';

/** What `call` gives. @throws SdkError `sdk.silent` when it has not within `limitMs`; the call itself cannot be ended */
export async function within<T>(limitMs: number, what: string, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = `${what}: the camera's library has not come back in ${limitMs / 1000} s; end this program, and plug the camera in again`;
      reject(new SdkError('sdk.silent', text, { context: { limitMs } }));
    }, limitMs);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
