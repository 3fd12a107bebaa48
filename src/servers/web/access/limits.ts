/** What a client may take of the server. All of it is far above what pages and programs need, and far below what could be felt. */
export interface WebLimits {
  /** Open sockets in all, and of one address. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** How long a client may take for its headers, for a whole request, between two requests, and in silence. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly silenceMs: number;
  readonly headerBytes: number;
  readonly headers: number;
  readonly bodyBytes: number;
  /** Of one address, and how many it may make at once after a rest. */
  readonly requestsPerSecond: number;
  readonly requestsAtOnce: number;
  readonly webSockets: number;
  readonly webSocketMessageBytes: number;
  readonly webSocketMessagesPerSecond: number;
  readonly webSocketMessagesAtOnce: number;
  /** A WebSocket client is pinged so often, and cut off when it answers none of `missedPings`. */
  readonly pingMs: number;
  readonly missedPings: number;
  /** Unsent bytes of a client: above the first it gets no frames, above the second it is cut off. */
  readonly unsentForFrames: number;
  readonly unsentBytes: number;
}

export const WEB_LIMITS: WebLimits = {
  connections: 256,
  connectionsPerAddress: 100,
  headersMs: 5_000,
  requestMs: 15_000,
  keepAliveMs: 15_000,
  silenceMs: 300_000,
  headerBytes: 16_384,
  headers: 100,
  bodyBytes: 65_536,
  requestsPerSecond: 100,
  requestsAtOnce: 400,
  webSockets: 32,
  webSocketMessageBytes: 4_096,
  webSocketMessagesPerSecond: 100,
  webSocketMessagesAtOnce: 200,
  pingMs: 15_000,
  missedPings: 3,
  unsentForFrames: 262_144,
  unsentBytes: 4_194_304,
};
