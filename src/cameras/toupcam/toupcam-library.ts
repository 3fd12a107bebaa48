/** The Toupcam SDK as a whole: what is plugged in, and opening it. */
import { array, decode, pointer, register, sizeof, struct, unregister } from 'koffi';
import { ForeignLibrary, SdkError } from '../sdk/library.js';
import { within } from './time-limit.js';
import { MAX_DEVICES } from './toupcam-constants.js';
import {
  brandOfLibrary,
  HOTPLUG_CALLBACK,
  type ToupcamBrand,
  type ToupcamFunction,
  toupcamTable,
} from './toupcam-functions.js';
import { ToupcamHandle } from './toupcam-handle.js';

const RESOLUTION = struct({ width: 'uint32_t', height: 'uint32_t' });
const RESOLUTIONS = 16;
/** ToupcamModelV2 */
const MODEL = struct({
  name: 'const char *',
  flag: 'uint64_t',
  maxspeed: 'uint32_t',
  preview: 'uint32_t',
  still: 'uint32_t',
  maxfanspeed: 'uint32_t',
  ioctrol: 'uint32_t',
  xpixsz: 'float',
  ypixsz: 'float',
  res: array(RESOLUTION, RESOLUTIONS),
});
/** ToupcamDeviceV2; names are read up to their first zero byte. */
const DEVICE = struct({
  displayname: array('char', 64, 'String'),
  id: array('char', 64, 'String'),
  model: pointer(MODEL),
});

export interface Resolution {
  readonly width: number;
  readonly height: number;
}

export interface ToupcamModel {
  readonly name: string;
  /** TOUPCAM_FLAG_... */
  readonly flags: bigint;
  readonly mostSpeed: number;
  readonly mostFanSpeed: number;
  readonly pixelWidthUm: number;
  readonly pixelHeightUm: number;
  /** As the camera lists them; the largest first in every model that is known. */
  readonly resolutions: readonly Resolution[];
}

/** One camera that is plugged in. */
export interface ToupcamDevice {
  /** Of the port rather than of the camera: another one after it was plugged in anew. */
  readonly id: string;
  readonly name: string;
  readonly model: ToupcamModel;
}

const OPEN_LIMIT_MS = 20_000;

export class ToupcamLibrary {
  readonly library: ForeignLibrary<ToupcamFunction>;
  readonly brand: ToupcamBrand;
  /** Whether it looks for cameras at the network. */
  #network = false;

  private constructor(library: ForeignLibrary<ToupcamFunction>, brand: ToupcamBrand) {
    this.library = library;
    this.brand = brand;
  }

  /** `path`: null for TOUPCAM_LIB or the system's. @throws SdkError as ForeignLibrary.open */
  static open(path: string | null): ToupcamLibrary {
    const brand = brandOfLibrary(path ?? process.env.TOUPCAM_LIB ?? null);
    return new ToupcamLibrary(ForeignLibrary.open(toupcamTable(brand), path), brand);
  }

  version(): string {
    return this.library.has('Version') ? String(this.library.call('Version')) : 'unknown';
  }

  /** What is plugged in now, in a thread of the pool. @throws SdkError `sdk.silent` */
  async devices(): Promise<readonly ToupcamDevice[]> {
    const bytes = Buffer.alloc(MAX_DEVICES * sizeof(DEVICE));
    const count = Number(await within(OPEN_LIMIT_MS, 'looking for cameras', this.library.callAside('EnumV2', bytes)));
    // A count that cannot be is no count: the library may answer with an error as a large number.
    if (!Number.isInteger(count) || count < 0 || count > MAX_DEVICES) return [];
    return Array.from({ length: count }, (_, at) => deviceOf(bytes, at)).filter((device) => device !== null);
  }

  /** Opens by the id that `devices` gave; null where the camera cannot be opened. @throws SdkError `sdk.silent` */
  async openCamera({ id, model }: ToupcamDevice, prefix: '' | '@'): Promise<ToupcamHandle | null> {
    const what = `opening ${model.name} (${id})`;
    const handle = await within(OPEN_LIMIT_MS, what, this.library.callAside('Open', `${prefix}${id}`));
    return handle === null || handle === 0n ? null : new ToupcamHandle(this.library, handle);
  }

  /**
   * Has the library look for cameras at the network too, which `devices` then lists as they answer. Nothing where this library cannot, or
   * refuses: cameras of USB are there all the same.
   */
  async enableNetwork(): Promise<void> {
    if (this.#network || !this.library.has('GigeEnable')) return;
    this.#network = true;
    const call = this.library.callAside('GigeEnable', null, null);
    await within(OPEN_LIMIT_MS, 'looking for cameras at the network', call).catch(() => {});
  }

  /** Calls `changed` when a camera comes or goes, until what is returned is called. Null: this library cannot tell. */
  async onHotPlug(changed: () => void): Promise<(() => Promise<void>) | null> {
    const tellers = (['HotPlug', ...(this.#network ? (['GigeEnable'] as const) : [])] as const).filter((name) =>
      this.library.has(name),
    );
    if (tellers.length === 0) return null;
    const callback = register(() => changed(), pointer(HOTPLUG_CALLBACK));
    const tell = async (what: string, to: bigint | null): Promise<void> => {
      for (const name of tellers) await within(OPEN_LIMIT_MS, what, this.library.callAside(name, to, null));
    };
    try {
      await tell('asking for word of cameras that come and go', callback);
    } catch (error) {
      if (error instanceof SdkError) return null;
      throw error;
    }
    return async () => {
      try {
        await tell('ending word of cameras that come and go', null);
        unregister(callback);
      } catch {
        // Still in the library's hands: left registered, since a call into nothing would end the process.
      }
    };
  }
}

function deviceOf(bytes: Buffer, at: number): ToupcamDevice | null {
  const { displayname, id, model } = decode(bytes, at * sizeof(DEVICE), DEVICE) as {
    displayname: string;
    id: string;
    model: bigint | null;
  };
  if (model === null || model === 0n || id === '') return null;
  const raw = decode(model, MODEL) as {
    name: string | null;
    flag: number | bigint;
    maxspeed: number;
    preview: number;
    maxfanspeed: number;
    xpixsz: number;
    ypixsz: number;
    res: Resolution[];
  };
  const listed = raw.res.slice(0, Math.min(RESOLUTIONS, raw.preview));
  return {
    id,
    name: displayname,
    model: {
      name: raw.name ?? displayname,
      flags: BigInt(raw.flag),
      mostSpeed: raw.maxspeed,
      mostFanSpeed: raw.maxfanspeed,
      pixelWidthUm: raw.xpixsz,
      pixelHeightUm: raw.ypixsz,
      resolutions: listed.filter(({ width, height }) => width > 0 && height > 0),
    },
  };
}
