/** Clients of the station's page that may say anything: headers that no browser lets a page set, bytes that are no HTTP. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import type { WebLimits } from '#src/servers/web/access/limits.js';
import { WebServer, type WebServerOptions } from '#src/servers/web/web-server.js';
import { ImitatedStation } from './imitated-station.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly localAddress?: string;
}

/** One request on a connection of its own; `path` goes out as it is. A certificate is taken whoever signed it. */
export function ask(url: string, path: string, { method = 'GET', headers = {}, body, localAddress }: Asked = {}) {
  const { hostname, port, protocol } = new URL(url);
  const begin = protocol === 'https:' ? httpsRequest : httpRequest;
  const options = { hostname, port, path, method, headers, localAddress, agent: false, rejectUnauthorized: false };
  return new Promise<Answer>((done, failed) => {
    const request = begin(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => done({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      answer.on('error', failed);
    });
    request.on('error', failed);
    request.end(body);
  });
}

/** Sends bytes and gives what comes back until the other end closes. */
export async function exchange(url: string, bytes: string | Uint8Array): Promise<string> {
  const socket = await dial(url);
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (part: string) => {
    text += part;
  });
  socket.write(bytes);
  await closed(socket);
  return text;
}

export function dial(url: string, localAddress?: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((done) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress });
    socket.on('error', () => {});
    // Who does not read does not see the end.
    socket.resume();
    socket.once('connect', () => done(socket));
    socket.once('close', () => done(socket));
  });
}

export function closed(socket: Socket): Promise<void> {
  return new Promise((done) => {
    if (socket.closed) done();
    else socket.once('close', () => done());
  });
}

/** Until `is` holds; the test's own time limit ends what never does. */
export async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await is())) await sleep(10);
}

export interface Served {
  readonly server: WebServer;
  readonly station: ImitatedStation;
  readonly url: string;
  /** The headers that let a request change things. */
  readonly mayChange: Readonly<Record<string, string>>;
  /** What the station's log says. */
  readonly lines: readonly string[];
}

/** A page of an imitated station at a free port. What happened in `work`, the station goes on and the page is still there. */
export async function withPage(
  options: Partial<Omit<WebServerOptions, 'limits'>> & { readonly limits?: Partial<WebLimits> },
  work: (served: Served) => Promise<void>,
): Promise<void> {
  const station = new ImitatedStation();
  const lines: string[] = [];
  const log = (_: string, line: string) => lines.push(line);
  const server = await WebServer.open({
    station,
    dataFolders: [],
    host: '127.0.0.1',
    port: 0,
    log,
    ...options,
  });
  try {
    const mayChange = { authorization: `Bearer ${server.key}` };
    await work({ server, station, url: server.url, mayChange, lines });
    const goesOn = new Promise<void>((done) => station.once('camera', () => done()));
    await goesOn;
    for (const [kind, line] of firstWords(lines)) assert.is(line, 1, `'${kind}' is told once`);
  } finally {
    await server.close();
    station.close();
  }
}

/** How often each kind of refusal is told. */
function firstWords(lines: readonly string[]): Map<string, number> {
  const told = new Map<string, number>();
  for (const line of lines) {
    const kind = /refused ([^,]+),/.exec(line)?.[1];
    if (kind !== undefined) told.set(kind, (told.get(kind) ?? 0) + 1);
  }
  return told;
}
