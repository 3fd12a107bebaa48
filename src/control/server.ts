/** The control socket of a running station. A client that sends anything but a request is answered once and cut off. */
import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { PackrStream, UnpackrStream } from 'msgpackr';
import { AppulseError, reasonOf } from '#gps/errors.js';
import { makeFolder } from '#storage/make-folder.js';
import {
  type ControlAnswer,
  type ControlCall,
  type ControlRequest,
  REQUEST_LIMIT_BYTES,
  requestSchema,
} from './calls.js';

const IDLE_LIMIT_MS = 10_000;

/** What the station does for each call. */
export type ControlHandlers = Readonly<Record<ControlCall, (request: ControlRequest) => Promise<unknown> | unknown>>;

export class ControlServer {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #answering = new Set<Promise<void>>();

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  /**
   * Listens on `path`; a socket that a dead station left there is taken over.
   * @throws AppulseError `control.in-use` when a living station answers there
   */
  static async listen(path: string, handlers: ControlHandlers): Promise<ControlServer> {
    makeFolder(dirname(path), 0o700);
    if (await answers(path)) {
      throw new AppulseError(
        'control.in-use',
        `another station records into this data folder ('appulse status' shows it)`,
      );
    }
    rmSync(path, { force: true });
    const server = createServer();
    const control = new ControlServer(path, server);
    server.on('connection', (socket) => control.#serve(socket, handlers));
    await new Promise<void>((done, failed) => {
      server.once('error', failed);
      server.listen(path, done);
    });
    chmodSync(path, 0o600);
    return control;
  }

  #serve(socket: Socket, handlers: ControlHandlers): void {
    this.#sockets.add(socket);
    let received = 0;
    const requests = new UnpackrStream({ useRecords: true });
    const answersOut = new PackrStream({ useRecords: true });
    const cut = () => socket.destroy();
    socket.setTimeout(IDLE_LIMIT_MS, cut);
    socket.on('close', () => this.#sockets.delete(socket));
    for (const part of [socket, requests, answersOut]) part.on('error', cut);
    socket.on('data', (bytes) => {
      received += bytes.length;
      if (received > REQUEST_LIMIT_BYTES) cut();
      else requests.write(bytes);
    });
    answersOut.pipe(socket);
    requests.on('data', (record: unknown) => {
      received = 0;
      const request = requestSchema.safeParse(record);
      if (!request.success) {
        const error = { code: 'control.request', message: 'not a request of this station' };
        answersOut.write({ id: 0, error } satisfies ControlAnswer);
        socket.end();
        return;
      }
      const { id, call } = request.data;
      // What takes the station long is no idle client.
      socket.setTimeout(0);
      const answering = (async () => {
        try {
          answersOut.write({ id, value: await handlers[call](request.data) } satisfies ControlAnswer);
        } catch (error) {
          const code = error instanceof AppulseError ? error.code : 'control.failed';
          const message = reasonOf(error);
          answersOut.write({ id, error: { code, message } } satisfies ControlAnswer);
        }
      })().finally(() => {
        this.#answering.delete(answering);
        socket.setTimeout(IDLE_LIMIT_MS);
      });
      this.#answering.add(answering);
    });
  }

  /** Stops listening and removes the socket. Answers under way are given a moment to leave. */
  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    await Promise.all(this.#answering);
    // What was answered just now still passes the encoder's stream.
    await setImmediate();
    for (const socket of this.#sockets) socket.end();
    const limit = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, 500);
    await closed;
    clearTimeout(limit);
    rmSync(this.path, { force: true });
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
