/** The page's end of the WebSocket: what the station tells becomes signals; a connection that breaks is made anew. */
import { signal } from '@preact/signals';
import { pack, unpack } from 'msgpackr';
import type { FromPage, LiveFrame, PreviewPlane, ToPage } from '#src/servers/web/live/live-protocol.js';
import { decodePixels } from '#src/servers/web/live/pixel-code.js';
import { MOST_GAPS, MOST_MESSAGES } from '#src/station/station-log.js';
import type { CameraState, Gap, Message, StationStatus } from '#src/station/station-state.js';
import { isLoggedIn, mayChange } from '../access/access.js';
import { logInWhereAsked } from './log-in.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;
/** The station tells the time every second. After so long without a word it does not answer, whatever the socket says; after longer it is looked for anew. */
const SILENT_MS = 5_000;
const GIVEN_UP_MS = 60_000;

/** Whether the station answers. */
export const connected = signal(false);
/** Null before the first answer. */
export const status = signal<StationStatus | null>(null);
/** The host's clock as it was told last; null before the first answer. */
export const toldUtcNs = signal<string | null>(null);
export const cameras = signal<readonly CameraState[]>([]);
/** Newest last, as many as the station keeps. */
export const messages = signal<readonly Message[]>([]);
export const gaps = signal<readonly Gap[]>([]);
/** Counts beginnings and ends of sessions: who lists them reads them again. */
export const sessionChanges = signal(0);
/** The newest frame of the camera that is watched. */
export const frame = signal<LiveFrame | null>(null);
/** The camera that the page shows. */
export const watched = signal(0);
export const plane = signal<PreviewPlane>('mean');
export const holdSeconds = signal(0);

let socket: WebSocket | null = null;
let retryMs = FIRST_RETRY_MS;
let heardMs = 0;

export function send(message: FromPage): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(new Uint8Array(pack(message)));
}

/** Tells the server which frames are wanted, and keeps to it after a new connection. */
export function watch(camera: number, wanted: PreviewPlane = plane.value, seconds: number = holdSeconds.value): void {
  if (camera !== watched.value) frame.value = null;
  watched.value = camera;
  plane.value = wanted;
  holdSeconds.value = seconds;
  send({ kind: 'watch', camera, plane: wanted, holdSeconds: seconds });
}

/** The frame has been drawn: the next one may come. */
export function shown({ camera, number }: LiveFrame): void {
  send({ kind: 'shown', camera, number });
}

/** Makes the connection anew, with the rights that this browser has now. */
export function reconnect(): void {
  retryMs = 0;
  socket?.close();
}

export function connect(): void {
  const address = new URL('./live', location.href);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  socket = new WebSocket(address);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => {
    heard();
    retryMs = FIRST_RETRY_MS;
    watch(watched.value);
  });
  socket.addEventListener('message', ({ data }) => {
    heard();
    receive(unpack(new Uint8Array(data as ArrayBuffer)) as ToPage);
  });
  socket.addEventListener('close', () => {
    connected.value = false;
    void logInWhereAsked();
    setTimeout(connect, retryMs);
    retryMs = Math.min(Math.max(2 * retryMs, FIRST_RETRY_MS), LAST_RETRY_MS);
  });
}

function heard(): void {
  heardMs = performance.now();
  connected.value = true;
}

setInterval(() => {
  if (socket?.readyState !== WebSocket.OPEN) return;
  const silentMs = performance.now() - heardMs;
  if (silentMs > SILENT_MS) connected.value = false;
  if (silentMs > GIVEN_UP_MS) socket.close();
}, 1_000);

function receive(message: ToPage): void {
  switch (message.kind) {
    case 'access':
      mayChange.value = message.mayChange;
      isLoggedIn.value = message.isLogin;
      break;
    case 'status':
      status.value = message.status;
      toldUtcNs.value = message.status.nowUtcNs;
      cameras.value = message.status.cameras;
      // What was said so far follows again.
      messages.value = [];
      gaps.value = [];
      break;
    case 'camera':
      cameras.value = [...cameras.value.filter(({ camera }) => camera !== message.state.camera), message.state].sort(
        (a, b) => a.camera - b.camera,
      );
      break;
    case 'message':
      messages.value = [...messages.value, message.message].slice(-MOST_MESSAGES);
      break;
    case 'gap':
      gaps.value = [...gaps.value, message.gap].slice(-MOST_GAPS);
      break;
    case 'sessions':
      sessionChanges.value++;
      break;
    case 'time':
      toldUtcNs.value = message.nowUtcNs;
      break;
    case 'frame': {
      // One that was on its way when another camera was chosen is not its picture, and above all not its time.
      if (message.camera !== watched.value) return;
      const { steps, others, ...told } = message;
      frame.value = { ...told, pixels: decodePixels({ steps, others }) };
    }
  }
}
