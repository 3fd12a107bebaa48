/**
 * Loads the native addon, or says why it cannot be loaded.
 * Everything in it has a TypeScript twin; callers ask `nativeAddon()` and fall back when it is null.
 */
import { createRequire } from 'node:module';
import type { ClockAddon } from './clock-addon.js';
import type { FileAddon } from './file-addon.js';
import type { KernelsAddon } from './kernels-addon.js';
import type { MemoryAddon } from './memory-addon.js';
import type { ReceiverAddon } from './receiver-addon.js';
import type { SenderAddon } from './sender-addon.js';

/** The addon's functions, area by area (declared beside this file). */
export type NativeAddon = ClockAddon & FileAddon & KernelsAddon & MemoryAddon & ReceiverAddon & SenderAddon;

const require = createRequire(import.meta.url);
let loaded: NativeAddon | null | undefined;
let reason = '';

/** The addon, or null where it is not built or does not fit this machine (`nativeAddonReason()` tells why). */
export function nativeAddon(): NativeAddon | null {
  if (loaded !== undefined) return loaded;
  if (process.env.APPULSE_NO_ADDON === '1') {
    reason = 'switched off by APPULSE_NO_ADDON=1';
    loaded = null;
    return loaded;
  }
  try {
    // dist/pipeline/native/addon.js -> build/Release/appulse.node
    loaded = require('../../../build/Release/appulse.node') as NativeAddon;
  } catch (error) {
    reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    loaded = null;
  }
  return loaded;
}

/** Why `nativeAddon()` is null; empty when it is loaded. */
export function nativeAddonReason(): string {
  nativeAddon();
  return reason;
}
