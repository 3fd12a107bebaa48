/** WebSocket clients of a station: some that say at once that a frame was shown, and some that never read. */
import { pack, unpack } from 'msgpackr';
import { WebSocket } from 'ws';

const WATCH = { kind: 'watch', camera: 0, plane: 'mean', holdSeconds: 0 };

export class LiveSockets {
  readonly #sockets: readonly WebSocket[];

  constructor(url: string, { clients, stuck }: { readonly clients: number; readonly stuck: number }) {
    const address = `${url.replace(/^http/, 'ws')}live`;
    this.#sockets = Array.from({ length: clients + stuck }, (_, i) => {
      const socket = new WebSocket(address, { origin: new URL(url).origin });
      // One that is cut off, as those that never read are, says so by an error.
      socket.on('error', () => undefined);
      socket.on('open', () => {
        socket.send(pack(WATCH));
        if (i >= clients) socket.pause();
      });
      if (i < clients) socket.on('message', (bytes: Buffer) => answerFrame(socket, bytes));
      return socket;
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}

function answerFrame(socket: WebSocket, bytes: Buffer): void {
  const message = unpack(bytes) as { kind?: unknown; camera?: unknown; number?: unknown };
  if (message.kind === 'frame') socket.send(pack({ kind: 'shown', camera: message.camera, number: message.number }));
}

/** How many WebSocket clients the station has. */
export async function clientsOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}metrics`)).text();
  return Number(text.match(/^\w*web_clients (\d+)$/m)?.[1]);
}
