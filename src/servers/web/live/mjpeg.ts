/**
 * `/live.mjpg`: the stretched preview as a stream of JPEG pictures, for programs that are not the page. A reader that is slow gets fewer
 * pictures, always the newest; readers of the same picture share its encoding; without a reader nothing is made.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { z } from 'zod';
import { AppulseError } from '#gps/errors.js';
import type { Preview } from '#pipeline/stages/preview-board.js';
import { UsageError } from '#src/config/usage-error.js';
import type { StationFace } from '#src/station/station-face.js';
import { cameraNumberSchema } from '#src/station/station-state.js';
import { greyOf } from './grey-picture.js';
import type { PreviewFeed } from './preview-feed.js';
import { STRETCHES } from './stretch.js';

const BOUNDARY = 'appulse-picture';
/** How often is looked for a new preview while somebody reads. */
const TICK_MS = 40;
const QUALITY = 88;
const MOST_READERS = 32;
/** A reader that has taken nothing for so long is cut off. */
const STUCK_LIMIT_MS = 30_000;

const querySchema = z.strictObject({
  camera: z.coerce.number().pipe(cameraNumberSchema).default(0),
  stretch: z.enum(STRETCHES).default('auto'),
  plane: z.enum(['mean', 'maximum']).default('mean'),
  /** Columns of the picture; left out: those of the preview. */
  width: z.coerce.number().int().min(16).max(4_096).optional(),
});
type Wanted = z.infer<typeof querySchema>;

/** Those who read the same picture. */
interface Group {
  readonly wanted: Wanted;
  readonly readers: Set<Reader>;
  /** Number of the preview that was encoded last. */
  count: number | null;
  /** The newest picture, for one who comes. */
  part: Buffer | null;
  encoding: boolean;
}

class Reader {
  /** Number of the preview that it has got. */
  count: number | null = null;
  readonly #response: ServerResponse;
  #takenMs = performance.now();

  /** `headers`: what every answer of this server has. */
  constructor(response: ServerResponse, headers: OutgoingHttpHeaders) {
    this.#response = response;
    // A reader of pictures need not know chunks: the stream ends with its connection.
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, {
      ...headers,
      'content-type': `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.flushHeaders();
  }

  /** Whether it has taken all that was sent; one that has taken nothing for long is cut off. */
  ready(): boolean {
    if (this.#response.writableLength === 0) {
      this.#takenMs = performance.now();
      return true;
    }
    if (performance.now() - this.#takenMs > STUCK_LIMIT_MS) this.#response.destroy();
    return false;
  }

  send(part: Buffer): void {
    this.#response.write(part);
  }

  end(): void {
    this.#response.destroy();
  }
}

export function serveMjpeg(server: FastifyInstance, station: StationFace, feed: PreviewFeed): void {
  const groups = new Map<string, Group>();
  let timer: NodeJS.Timeout | undefined;
  const readers = () => [...groups.values()].reduce((sum, group) => sum + group.readers.size, 0);
  const tick = () => {
    for (const group of groups.values()) void encode(group, station, feed);
  };

  server.get('/live.mjpg', (request, reply) => {
    const wanted = checkedQuery(request.query);
    if (!station.cameras.some(({ camera }) => camera === wanted.camera)) {
      throw new AppulseError('live.not-found', `there is no camera ${wanted.camera}: they count from 0`);
    }
    if (readers() >= MOST_READERS) {
      throw new AppulseError('live.readers', `${MOST_READERS} programs read pictures already: end one of them`);
    }
    reply.hijack();
    const key = JSON.stringify(wanted);
    const group = groups.get(key) ?? { wanted, readers: new Set(), count: null, part: null, encoding: false };
    groups.set(key, group);
    const reader = new Reader(reply.raw, reply.getHeaders() as OutgoingHttpHeaders);
    group.readers.add(reader);
    give(group, reader);
    timer ??= setInterval(tick, TICK_MS);
    reply.raw.on('error', () => reply.raw.destroy());
    reply.raw.on('close', () => {
      group.readers.delete(reader);
      if (group.readers.size === 0) groups.delete(key);
      if (groups.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
  });

  server.addHook('preClose', (done) => {
    for (const group of groups.values()) for (const reader of group.readers) reader.end();
    done();
  });
}

/** @throws UsageError `usage.request` */
function checkedQuery(query: unknown): Wanted {
  const parsed = querySchema.safeParse(query);
  if (parsed.success) return parsed.data;
  throw new UsageError('usage.request', `the query is not what is asked for: ${z.prettifyError(parsed.error)}`);
}

/** The newest picture to a reader that has not got it. */
function give({ count, part }: Group, reader: Reader): void {
  if (part === null || reader.count === count) return;
  reader.count = count;
  reader.send(part);
}

/** Makes the newest picture where somebody is ready for it, and gives it to those who are. */
async function encode(group: Group, station: StationFace, feed: PreviewFeed): Promise<void> {
  if (group.encoding) return;
  const ready = [...group.readers].filter((reader) => reader.ready());
  if (ready.length === 0) return;
  station.askPreview(group.wanted.camera);
  const newest = feed.newest(group.wanted.camera);
  if (newest === null) return;
  group.encoding = true;
  try {
    if (newest.count !== group.count) {
      group.part = partOf(newest.preview, await jpegOf(newest.preview, group.wanted));
      group.count = newest.count;
    }
    for (const reader of ready) if (group.readers.has(reader)) give(group, reader);
  } catch (error) {
    // Without a picture there is nothing to read: the readers see the end of the stream.
    for (const reader of group.readers) reader.end();
    process.emitWarning(error instanceof Error ? error : String(error));
  } finally {
    group.encoding = false;
  }
}

/** The stretched picture as a file. */
async function jpegOf(preview: Preview, { stretch, plane, width }: Wanted): Promise<Buffer> {
  const raw = { width: preview.width, height: preview.height, channels: 1 } as const;
  const picture = sharp(greyOf(preview[plane], preview.bitDepth, { stretch }), { raw });
  const sized = width === undefined || width === preview.width ? picture : picture.resize({ width });
  return sized.toColourspace('b-w').jpeg({ quality: QUALITY }).toBuffer();
}

function partOf({ frameNumber, time }: Preview, jpeg: Buffer): Buffer {
  const head = [
    `--${BOUNDARY}`,
    'content-type: image/jpeg',
    `content-length: ${jpeg.length}`,
    `x-appulse-frame: ${frameNumber}`,
    `x-appulse-start-utc-ns: ${time.startUtcNs}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), jpeg, Buffer.from('\r\n')]);
}
