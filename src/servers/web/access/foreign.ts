/**
 * Whether a request comes from this page or from a program, or from a page of others in the observer's browser. A browser always says which
 * page asks: `Origin` (RFC 6454) on what could change something, `Sec-Fetch-Site` (Fetch Metadata) on everything. Programs say neither.
 */
import type { IncomingMessage } from 'node:http';

const HOST = /^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(?::\d{1,5})?$/i;

/** Names of this machine for itself. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Whether only this machine reaches what listens at `address`. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** The name in a Host header, without its port; null where it is none. */
export function hostNameOf(host: string | undefined): string | null {
  const name = HOST.exec(host ?? '')?.[1];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

/** What Host may say where no token protects: another name that leads here was bent to do so (DNS rebinding). */
export function ownNames(listenAddress: string): ReadonlySet<string> {
  return new Set([...LOOPBACK_NAMES, listenAddress.includes(':') ? `[${listenAddress.toLowerCase()}]` : listenAddress]);
}

/** True where another page asks. Reading by a link is no foreign request: who follows it sees this page, not the other one. */
export function isForeign(request: IncomingMessage, isUpgrade: boolean): boolean {
  const { host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (origin !== undefined) return !isSameHost(origin, host);
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  const isLink = mode === 'navigate' && (request.method === 'GET' || request.method === 'HEAD');
  return isUpgrade || !isLink;
}

/** The port that belongs to the scheme is left out by both, or by neither. */
function isSameHost(origin: string, host: string | undefined): boolean {
  try {
    const { protocol, host: from } = new URL(origin);
    return (protocol === 'http:' || protocol === 'https:') && new URL(`${protocol}//${host ?? ''}`).host === from;
  } catch {
    return false;
  }
}
