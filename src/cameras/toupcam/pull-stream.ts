/**
 * A stream of the SDK in pull mode. The SDK's own thread tells events through a callback, and waits in it until this thread has run it. So
 * the callback does little, Stop is called in another thread, and the callback stays registered until Stop has come back.
 */
import { pointer, register, unregister } from 'koffi';
import { EVENT_CALLBACK } from './toupcam-functions.js';
import type { ToupcamHandle } from './toupcam-handle.js';

export class PullStream {
  readonly handle: ToupcamHandle;
  readonly #callback: bigint;
  #stopped = false;

  private constructor(handle: ToupcamHandle, event: (code: number) => void) {
    this.handle = handle;
    this.#callback = register((code: number) => {
      if (this.#stopped) return;
      try {
        event(code);
      } catch (error) {
        // Out of the library's call: nothing may be thrown through its frames.
        setImmediate(() => {
          throw error;
        });
      }
    }, pointer(EVENT_CALLBACK));
  }

  /** `event` is called in this thread, with the SDK waiting: it must not change the camera. @throws SdkError `sdk.refused`, `sdk.silent` */
  static async start(handle: ToupcamHandle, event: (code: number) => void): Promise<PullStream> {
    const stream = new PullStream(handle, event);
    try {
      await handle.change('starting the stream', 'StartPullModeWithCallback', stream.#callback, null);
    } catch (error) {
      await stream.stop().catch(() => {});
      throw error;
    }
    return stream;
  }

  /** No event is told from the call on. @throws SdkError `sdk.refused`, `sdk.silent` */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    // A library that does not come back may still call: then the callback stays registered.
    await this.handle.change('stopping the stream', 'Stop');
    unregister(this.#callback);
  }
}
