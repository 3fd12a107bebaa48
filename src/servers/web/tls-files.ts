/** Certificate and key of the page, read and tried before anything listens. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { reasonOf } from '#gps/errors.js';
import type { Settings } from '#src/config/settings.js';
import { UsageError } from '#src/config/usage-error.js';
import type { WebLog } from './access/refusals.js';

export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Null where none is named. @throws UsageError `usage.certificate`, `usage.key` */
export function readTlsFiles(settings: Settings, log: WebLog): TlsFiles | null {
  const { 'web.certificate': certificateFile, 'web.key': keyFile } = settings;
  if (certificateFile === null && keyFile === null) return null;
  if (certificateFile === null) throw wrong('certificate', 'web.key is set: name its certificate too (--certificate)');
  if (keyFile === null) throw wrong('key', 'web.certificate is set: name its private key too (--key)');
  const certificate = read('certificate', certificateFile);
  const key = read('key', keyFile);
  const leaf = parsed('certificate', certificateFile, () => new X509Certificate(certificate));
  const secret: KeyObject = parsed('key', keyFile, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(secret)) {
    throw wrong('key', `the private key in ${keyFile} is not the one of the certificate in ${certificateFile}`);
  }
  parsed('certificate', certificateFile, () => createSecureContext({ cert: certificate, key }));
  const outside = validity(leaf);
  if (outside !== null) log('warning', `page: the certificate in ${certificateFile} ${outside}: browsers will warn`);
  return { certificate, key };
}

function validity({ validFrom, validTo }: X509Certificate): string | null {
  if (Date.parse(validFrom) > Date.now()) return `is valid only from ${validFrom} on`;
  return Date.parse(validTo) < Date.now() ? `was valid until ${validTo}` : null;
}

function read(what: 'certificate' | 'key', file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw wrong(what, `${file}, named as ${what} of the page, cannot be read: ${reasonOf(cause)}`, cause);
  }
}

function parsed<T>(what: 'certificate' | 'key', file: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const why = `${file} holds no ${what} in PEM form that can be taken (${reasonOf(cause)})`;
    throw wrong(what, what === 'key' ? `${why}; keys with a passphrase are not taken` : why, cause);
  }
}

function wrong(what: 'certificate' | 'key', message: string, cause?: unknown): UsageError {
  return new UsageError(`usage.${what}`, message, { cause });
}
