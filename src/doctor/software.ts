/** Node and the addon. */
import { nativeAddon, nativeAddonReason } from '#pipeline/native/addon.js';
import { bad, type Finding, ok, warn } from './finding.js';

const LEAST_NODE = 20;

/** `addonReason`: why the addon is not loaded, '' where it is. */
export function softwareFindings(nodeVersion: string, addonReason: string): Finding[] {
  const node = { id: 'software.node', title: 'Node', why: `Appulse is written for Node ${LEAST_NODE} and newer.` };
  const addon = {
    id: 'software.addon',
    title: 'addon',
    why: 'Without it everything runs, but receiving ends at about 3 Gb/s and compression takes many times longer.',
  };
  const major = Number(/^v?(\d+)/.exec(nodeVersion)?.[1] ?? 0);
  return [
    major >= LEAST_NODE
      ? ok(node, nodeVersion)
      : bad(node, nodeVersion, 'install Node 20 or newer: https://nodejs.org'),
    addonReason === '' ? ok(addon, 'loaded') : warn(addon, `not loaded: ${addonReason}`, 'npm run build'),
  ];
}

export function software(): Finding[] {
  return softwareFindings(process.version, nativeAddon() === null ? nativeAddonReason() : '');
}
