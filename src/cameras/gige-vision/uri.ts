/** `gige:` camera URIs: by address, `gige:HOST[:PORT]`, or by serial number or user-defined name, `gige:SERIAL`. */
import { isIPv4 } from 'node:net';
import { GVCP_PORT } from '#pipeline/wire/gvcp.js';
import { UsageError } from '#src/config/usage-error.js';

export type GigeTarget =
  | { readonly kind: 'address'; readonly host: string; readonly port: number }
  | { readonly kind: 'serial'; readonly serial: string };

/**
 * Reads a `gige:` URI. A host is an IPv4 address, a name with a dot, `localhost`, or whatever is followed by a port;
 * anything else is a serial number. Throws UsageError `usage.camera-uri`.
 */
export function parseGigeUri(uri: string): GigeTarget {
  const text = /^gige:(?:\/\/)?(.+)$/.exec(uri)?.[1]?.replace(/\/$/, '');
  if (!text) throw wrong(uri);
  const [, host, portText] = /^([^:]+):(\d+)$/.exec(text) ?? [];
  if (host !== undefined) {
    const port = Number(portText);
    if (port < 1 || port > 65535) throw wrong(uri);
    return { kind: 'address', host: checkedHost(host, uri), port };
  }
  if (text.includes(':') || /\s/.test(text)) throw wrong(uri);
  if (isIPv4(text) || text === 'localhost' || text.includes('.'))
    return { kind: 'address', host: checkedHost(text, uri), port: GVCP_PORT };
  return { kind: 'serial', serial: text };
}

/** The URI of a device at an address; the port is left out where it is the standard's. */
export function gigeUri(host: string, port: number = GVCP_PORT): string {
  return port === GVCP_PORT ? `gige:${host}` : `gige:${host}:${port}`;
}

function checkedHost(host: string, uri: string): string {
  const dottedDigits = /^[\d.]+$/.test(host);
  if (/\s/.test(host) || (dottedDigits && !isIPv4(host))) throw wrong(uri);
  return host;
}

function wrong(uri: string): UsageError {
  const forms = 'write gige:ADDRESS, gige:ADDRESS:PORT or gige:SERIAL, as `appulse cameras` prints them';
  return new UsageError('usage.camera-uri', `${uri} does not name a GigE Vision camera; ${forms}`);
}
