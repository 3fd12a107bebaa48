/** URIs of cameras behind a maker's library: `qhy:ID` and `toupcam:SERIAL`; `qhy:` and `toupcam:` are the first that is found. */
import { UsageError } from '#src/config/usage-error.js';

export const SDK_SCHEMES = ['qhy', 'toupcam'] as const;
export type SdkScheme = (typeof SDK_SCHEMES)[number];

export interface SdkTarget {
  readonly scheme: SdkScheme;
  /** The maker's identifier (QHY) or the serial number (Toupcam); '' for the first camera. */
  readonly id: string;
}

export const isSdkUri = (uri: string): boolean => SDK_SCHEMES.some((scheme) => uri.startsWith(`${scheme}:`));

/** @throws UsageError `usage.camera-uri` */
export function parseSdkUri(uri: string): SdkTarget {
  const [, scheme, id] = /^(qhy|toupcam):([\w.+-]{0,63})$/.exec(uri) ?? [];
  if (scheme === undefined || id === undefined) {
    throw new UsageError(
      'usage.camera-uri',
      `'${uri}' names no camera: write qhy:ID or toupcam:SERIAL as \`appulse cameras\` lists them, or qhy: for the first one`,
    );
  }
  return { scheme: scheme as SdkScheme, id };
}
