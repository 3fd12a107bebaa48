/**
 * Sockets before anything is read from them: so many in all and of one address, none that only hangs. On a TLS port, who speaks plain HTTP
 * is told so in words.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { WebLimits } from './limits.js';
import { senderOf } from './rate-limit.js';
import type { Refusals } from './refusals.js';

/** First byte of a TLS record with a handshake (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 22;

const PLAIN_ANSWER_TEXT = 'This page is served with TLS: open it with https:// in place of http://\n';
const PLAIN_ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'content-type: text/plain; charset=utf-8',
  `content-length: ${Buffer.byteLength(PLAIN_ANSWER_TEXT)}`,
  'connection: close',
  '',
  PLAIN_ANSWER_TEXT,
].join('\r\n');

export interface GuardOptions {
  readonly isTls: boolean;
  readonly limits: WebLimits;
  readonly refusals: Refusals;
}

/** Called when every listener of the server is set. */
export function guardConnections(server: Server, { isTls, limits, refusals }: GuardOptions): void {
  server.maxConnections = limits.connections;
  server.on('drop', (dropped) => refusals.note('connections', senderOf(dropped?.remoteAddress)));
  const serve = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const sender = senderOf(socket.remoteAddress);
    const count = (open.get(sender) ?? 0) + 1;
    if (count > limits.connectionsPerAddress) {
      refusals.note('connections', sender);
      socket.destroy();
      return;
    }
    open.set(sender, count);
    socket.once('close', () => {
      const left = (open.get(sender) ?? 1) - 1;
      if (left === 0) open.delete(sender);
      else open.set(sender, left);
    });
    const pass = () => {
      for (const listener of serve) listener.call(server, socket);
    };
    if (isTls) passTls(socket, { sender, limits, refusals, pass });
    else pass();
  });
}

interface TlsPassage {
  readonly sender: string;
  readonly limits: WebLimits;
  readonly refusals: Refusals;
  readonly pass: () => void;
}

/** Looks at the first byte, and gives it back. */
function passTls(socket: Socket, { sender, limits, refusals, pass }: TlsPassage): void {
  const cut = () => socket.destroy();
  const slow = () => {
    refusals.note('slow', sender);
    cut();
  };
  socket.on('error', cut);
  socket.setTimeout(limits.headersMs, slow);
  socket.once('data', (first) => {
    socket.pause();
    if (first[0] === TLS_HANDSHAKE) {
      socket.setTimeout(0);
      socket.off('timeout', slow);
      socket.unshift(first);
      pass();
      process.nextTick(() => socket.resume());
      return;
    }
    refusals.note('plain-http', sender);
    // What else it sends is read and forgotten, because closing with unread bytes would reset the connection before the answer is read.
    socket.resume();
    socket.end(PLAIN_ANSWER);
  });
}
