/**
 * Every setting of a station, declared once. The file `appulse.toml`, the environment and the options of the command line
 * are all read by this table: `recording.max-bytes` is `max-bytes` under `[recording]`, `APPULSE_RECORDING_MAX_BYTES` and
 * `--max-bytes`.
 */

import { isIP } from 'node:net';
import { z } from 'zod';
import { isStationCode } from '#storage/ff/station-code.js';
import { RECORDING_FORMATS } from '#storage/formats/recording-format.js';
import { FRAME_TYPES } from '#storage/frame-record.js';
import { DEFAULT_SER_STAMP, SER_STAMPS } from '#storage/ser/ser-stamp.js';
import { STACK_KINDS } from '#storage/stacks/stack-kinds.js';
import { cameraFeatures } from './camera-features.js';
import { cameraPolicies } from './camera-policies.js';
import { inWords } from './in-words.js';
import { parseTriggerRule } from './trigger-rule.js';
import { parseBitRate, parseDuration, parseSize } from './units.js';

const size = z
  .union([z.string(), z.number().int().nonnegative()])
  .transform(inWords((value) => (typeof value === 'number' ? value : parseSize(value))));
const duration = z.string().transform(inWords(parseDuration));
const count = z.coerce.number().int().min(1).max(64);
const filled = z.union([z.number(), z.string().trim().min(1)]);
const numeric = filled.transform(Number);
const cpu = numeric.pipe(z.number().int().min(0).max(1023));
const cpuList = z
  .union([z.string().transform((list) => list.split(',')), filled.transform((one) => [one]), z.array(filled)])
  .pipe(z.array(cpu).min(1).max(8));
const stationCodes = z
  .union([z.string().transform((list) => list.split(',')), z.array(z.string())])
  .pipe(z.array(z.string().trim().refine(isStationCode, 'two letters and four letters or digits, such as US001A')))
  .refine((codes) => codes.length >= 1 && codes.length <= 8, 'one code for each camera');
/** Host and port of gpsd, 2947 where none is named. */
function gpsdAddress(value: string, context: z.RefinementCtx): { readonly host: string; readonly port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:\s]+)(?::(\d{1,5}))?$/.exec(value);
  const port = Number(match?.[2] ?? 2947);
  if (match === null || port < 1 || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'a host and, behind a colon, a port, such as localhost:2947' });
    return z.NEVER;
  }
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port };
}
const degrees = (limit: number) => numeric.pipe(z.number().min(-limit).max(limit));
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);
const text = z.string().trim().min(1);

/** One setting: where it stands, how it is checked, what it is (`D`) without being given. */
export interface Setting<T, D extends T | null> {
  readonly schema: z.ZodType<T>;
  readonly fallback: D;
  /** The option of the command line, as commander writes it. */
  readonly option: string;
  readonly help: string;
}

const setting = <T, D extends T | null>(
  option: string,
  schema: z.ZodType<T>,
  fallback: D,
  help: string,
): Setting<T, D> => ({ option, schema, fallback, help });

export const SETTINGS = {
  'station.id': setting(
    '--station-id <uuid>',
    z.uuid(),
    null,
    'identifier of this station (default: made once, kept per user)',
  ),
  'station.name': setting('--station <name>', text, 'station', 'name of this station'),
  'station.code': setting(
    '--station-code <code,...>',
    stationCodes,
    null,
    'code of the station in FF files, one for each camera, such as US001A (default: XX and the beginning of the name)',
  ),
  'station.observer': setting('--observer <name>', text, null, 'who observes'),
  'station.telescope': setting('--telescope <name>', text, null, 'telescope or lens'),
  'site.name': setting('--site <name>', text, null, 'name of the site'),
  'site.latitude': setting('--latitude <degrees>', degrees(90), null, 'latitude of the site, north positive'),
  'site.longitude': setting('--longitude <degrees>', degrees(180), null, 'longitude of the site, east positive'),
  'site.elevation': setting(
    '--elevation <metres>',
    numeric.pipe(z.number().min(-500).max(9_000)),
    null,
    'elevation of the site',
  ),
  'clock.gpsd': setting(
    '--gpsd <host[:port]>',
    text.transform(gpsdAddress).nullable(),
    null,
    'gpsd to ask as a second witness, such as localhost (default: none)',
  ),
  'camera.uri': setting(
    '--camera <uri...>',
    z.union([text.transform((uri) => [uri]), z.array(text).min(1).max(8)]),
    null,
    'camera: sim:MODEL, gige:HOST[:PORT], gige:SERIAL, qhy:ID, toupcam:SERIAL; several share the frame workers, each has a session of its own',
  ),
  'camera.fallback': setting('--fallback <uri>', text, null, 'camera to switch to when the first is lost'),
  'camera.receiver': setting(
    '--receiver <kind>',
    z.enum(['native', 'raw', 'dgram']),
    null,
    'native, raw (raw-socket, needs privilege) or dgram (default: native, dgram where there is no addon)',
  ),
  'camera.resend': setting('--resend <true|false>', flag, true, 'ask the camera again for packets that are missing'),
  'camera.packet-size': setting(
    '--packet-size <bytes>',
    z.coerce.number().int().min(576).max(65_535),
    9_000,
    'largest packet to ask for, IP header included',
  ),
  'camera.socket-buffer': setting('--socket-buffer <size>', size, 256 * 2 ** 20, 'receive buffer of the stream socket'),
  'camera.receive-cpu': setting(
    '--receive-cpu <n,...>',
    cpuList,
    null,
    'CPU on which the native receive thread stays, one for each camera (default: any)',
  ),
  'camera.realtime': setting(
    '--realtime <priority>',
    numeric.pipe(z.number().int().min(1).max(99)),
    null,
    'run the native receive thread under SCHED_FIFO with this priority, 1 to 99 (needs the right to)',
  ),
  'camera.features': setting(
    '--set <name=value...>',
    cameraFeatures,
    {},
    'camera features to set before the start, such as ExposureTime=5000',
  ),
  'camera.ptp': setting(
    '--ptp <true|false>',
    flag,
    null,
    "PTP (IEEE 1588) of GigE Vision cameras: true switches it on and waits up to 30 s for a master to hold the camera's clock (default: as the camera is set)",
  ),
  'camera.single-frames': setting(
    '--single-frames',
    flag,
    false,
    "take frames one by one, in the camera's own mode for that where it has one: for long exposures (QHY: no first frames are skipped)",
  ),
  'camera.cool': setting(
    '--cool <celsius>',
    numeric.pipe(z.number().min(-100).max(60)),
    null,
    'cool the sensor to this temperature and wait for it before the first frame (default: as the camera is set)',
  ),
  'camera.filter-slot': setting(
    '--filter-slot <n>',
    numeric.pipe(z.number().int().min(1).max(64)),
    null,
    "turn the camera's filter wheel to this slot, counted from 1, before the first frame (default: as it stands)",
  ),
  'camera.link-rate': setting(
    '--link-rate <rate>',
    z.union([z.string(), z.number().positive()]).transform(inWords((rate) => parseBitRate(String(rate)))),
    null,
    "rate of this machine's link to the cameras, such as 10Gb/s: cameras that share it have their packets delayed so that together they fit (default: as the cameras are set)",
  ),
  'camera.state': setting(
    '--camera-state <true|false>',
    flag,
    true,
    'set what appulse controls has kept for the camera when it is opened, before --set; and keep what is set in the session',
  ),
  'camera.qhy-library': setting(
    '--qhy-library <file>',
    text,
    null,
    "the maker's library for qhy: cameras, libqhyccd (default: QHYCCD_LIB, else the system's)",
  ),
  'camera.toupcam-library': setting(
    '--toupcam-library <file>',
    text,
    null,
    "the maker's library for toupcam: cameras, libtoupcam (default: TOUPCAM_LIB, else the system's)",
  ),
  'camera.sdk-doubles': setting(
    '--sdk-doubles',
    flag,
    false,
    "stand-ins of the makers' libraries with imitated cameras behind them, built from this program's sources: for tests and demonstrations",
  ),
  'camera.in-process': setting(
    '--in-process',
    flag,
    false,
    "have the maker's library of a qhy: or toupcam: camera in this process: less work for the processor, and its crash ends the program",
  ),
  'recording.data': setting(
    '--data <folder>',
    text,
    'appulse-data',
    'folder of sessions and their index; where several are named, recording goes on in the next when one is full or fails',
  ),
  'recording.more-data': setting(
    '--more-data <folder>',
    z.union([text.transform((folder) => [folder]), z.array(text).max(8)]),
    [],
    'where recording goes on when the data folder is full or fails; --data A --data B says the same',
  ),
  'recording.segment-bytes': setting(
    '--segment-bytes <size>',
    size.refine((bytes) => bytes >= 2 ** 20, 'at least 1MiB'),
    2 ** 30,
    'size at which a segment is closed',
  ),
  'recording.watch': setting(
    '--watch',
    flag,
    false,
    'show and measure the frames, and record nothing until a session is started (appulse station)',
  ),
  'recording.max-bytes': setting(
    '--max-bytes <size>',
    size.refine((bytes) => bytes >= 16 * 2 ** 20, 'at least 16MiB'),
    null,
    'rolling archive: the oldest pixels leave the disk beyond this size',
  ),
  'recording.keep-hours': setting(
    '--keep-hours <hours>',
    numeric.pipe(z.number().positive().max(1_000_000)),
    null,
    'rolling archive: pixels leave the disk at this age',
  ),
  'recording.keep-nights': setting(
    '--keep-nights <n>',
    numeric.pipe(z.number().int().min(1).max(100_000)),
    null,
    'rolling archive: pixels of the last n nights stay, from noon to noon at the site',
  ),
  'recording.keep': setting(
    '--keep <what>',
    z.enum(['all', 'marks']),
    'all',
    'rolling archive: whether --max-bytes is for all pixels, or with marks only for those that no mark keeps',
  ),
  'recording.keep-stack-nights': setting(
    '--keep-stack-nights <n>',
    numeric.pipe(z.number().int().min(1).max(100_000)),
    null,
    'stacks of the last n nights stay (default: all)',
  ),
  'recording.floor': setting(
    '--floor <size>',
    size,
    0,
    'recording stops when no more than this is free on the disk, and goes on when there is',
  ),
  'recording.warn-left': setting(
    '--warn-left <time>',
    duration,
    1_800_000_000_000n,
    'warn when the disk is full in less than this at the present rate, and each time that has halved',
  ),
  'recording.trigger': setting('--trigger', flag, false, 'keep only what a trigger wants, from memory'),
  'recording.pre-roll': setting(
    '--pre-roll <time>',
    duration,
    10_000_000_000n,
    'time before a trigger that is kept, such as 10s',
  ),
  'recording.post-roll': setting(
    '--post-roll <time>',
    duration,
    20_000_000_000n,
    'time after a trigger that is kept, such as 20s',
  ),
  'recording.pre-roll-in': setting(
    '--pre-roll-in <place>',
    z.enum(['memory', 'disk']),
    'memory',
    'where frames wait for a trigger: in memory, or on disk in an archive that rolls',
  ),
  'recording.trigger-when': setting(
    '--trigger-when <rule...>',
    z
      .union([z.string().transform((one) => [one]), z.array(z.string()).min(1).max(8)])
      .transform(inWords((rules) => rules.map(parseTriggerRule))),
    null,
    "trigger when a frame's statistics say so: 'max>60000', 'saturated>100', 'mean>1.5x' (of the median before it)",
  ),
  'recording.format': setting(
    '--format <format>',
    z.enum(RECORDING_FORMATS),
    'fits',
    'fits: Rice-compressed images, lossless; fits-raw: uncompressed; ser: SER v3; adv: ADV v2.1',
  ),
  'recording.ser-stamp': setting(
    '--ser-stamp <instant>',
    z.enum(SER_STAMPS),
    DEFAULT_SER_STAMP,
    'what a stamp in a SER file marks: start, mid or end of the exposure of row 0',
  ),
  'recording.frame-type': setting(
    '--frame-type <type>',
    z.enum(FRAME_TYPES),
    'light',
    'what the frames are: light, dark, bias or flat',
  ),
  'recording.filter': setting(
    '--filter <name>',
    text,
    null,
    'filter before the camera (default: what the camera tells)',
  ),
  'recording.name': setting('--name <name>', text, null, 'what the session is called'),
  'recording.notes': setting('--notes <text>', text, null, 'notes that are kept with the session'),
  'recording.object': setting('--object <name>', text, null, 'what is observed'),
  'retention.cameras': setting(
    '--camera-retention <camera:limit=value,...>',
    cameraPolicies,
    {},
    "limits of one camera (name, serial, identifier or URI), such as 'QHY411:max-bytes=2TiB,keep-hours=72'; may be repeated",
  ),
  'pipeline.workers': setting('--workers <n>', count, null, 'frame workers (default: cores - 1, at most 8)'),
  'pipeline.statistics': setting(
    '--statistics <true|false>',
    flag,
    true,
    'minimum, maximum, mean, deviation and saturated pixels of every frame',
  ),
  'pipeline.histogram': setting(
    '--histogram <rows>',
    z.enum(['off', 'sampled', 'full']),
    'sampled',
    'histogram and median of every frame: off, sampled (every 8th row) or full',
  ),
  'pipeline.bin': setting(
    '--bin <n>',
    z.coerce.number().pipe(z.literal([1, 2, 3, 4])),
    1,
    'make one pixel of n x n before anything is measured or recorded: 1 (none), 2, 3 or 4',
  ),
  'pipeline.bin-by': setting(
    '--bin-by <how>',
    z.enum(['sum', 'mean']),
    'sum',
    'what that pixel is: sum (up to 32 bits), or mean (rounded down)',
  ),
  'pipeline.stack': setting(
    '--stack <mode>',
    z.enum(['off', ...STACK_KINDS]),
    'off',
    'stacks of maximum, its frame, average and deviation: off, exact, rms (8 bits, the numbers of RMS), ff (the FF, FT and FS files of RMS) or ff-bin (FF as CAMS has it)',
  ),
  'pipeline.stack-frames': setting(
    '--stack-frames <n>',
    z.coerce.number().int().min(6).max(65_535),
    256,
    'frames in a stack; at most 256 in mode rms, always 256 in ff and ff-bin',
  ),
  'pipeline.preview-width': setting(
    '--preview-width <pixels>',
    z.coerce.number().int().min(0).max(8_192),
    960,
    'columns of the live preview; 0: none is made',
  ),
  'pipeline.preview-rate': setting(
    '--preview-rate <n>',
    z.coerce.number().min(0.1).max(60),
    20,
    'previews a second at most while somebody looks; otherwise 5, or fewer where this is below',
  ),
  'pipeline.memory': setting(
    '--memory <size>',
    size.refine((bytes) => bytes >= 64 * 2 ** 20, 'at least 64MiB'),
    null,
    'memory for ring, record buffers and stack (default: a quarter of the machine)',
  ),
  'web.page': setting('--page <true|false>', flag, true, "serve the station's page"),
  'web.listen': setting(
    '--listen <address>',
    text.refine(
      (address) => isIP(address) !== 0,
      'an address of this machine, such as 192.168.1.5, or 0.0.0.0 for all',
    ),
    '127.0.0.1',
    'address where the page is served; any but one of loopback asks for a token',
  ),
  'web.port': setting(
    '--port <n>',
    numeric.pipe(z.number().int().min(0).max(65_535)),
    null,
    'port of the page; 0: any that is free (default: 8080, or the next that is free)',
  ),
  'web.certificate': setting(
    '--certificate <file>',
    text,
    null,
    'certificate chain (PEM): the page is served with TLS',
  ),
  'web.key': setting('--key <file>', text, null, "the certificate's private key (PEM)"),
  'web.ask-token': setting(
    '--ask-token <when>',
    z.enum(['auto', 'always', 'remote']),
    'auto',
    'auto: what changes anything asks for a token or the key of the run, and where other machines can reach the page all does; always: all at loopback too; remote: nothing at loopback, where this machine has one user',
  ),
  'web.v4l2': setting(
    '--v4l2 <device>',
    text.refine((path) => path.startsWith('/dev/'), 'a video device that v4l2loopback has made, such as /dev/video10'),
    null,
    "the first camera's stretched preview as a camera for other programs: a device of Linux's v4l2loopback module",
  ),
} as const;

export type SettingKey = keyof typeof SETTINGS;

/** Every setting's value; null where it was not given and has no default. */
export type Settings = {
  readonly [K in SettingKey]: (typeof SETTINGS)[K] extends Setting<infer T, infer D>
    ? D extends null
      ? T | null
      : T
    : never;
};

/** Where a value came from. */
export type Origin = 'default' | 'environment' | 'option' | `file ${string}`;

/** `recording.max-bytes` -> `APPULSE_RECORDING_MAX_BYTES`. */
export function environmentName(key: SettingKey): string {
  return `APPULSE_${key.toUpperCase().replace(/[.-]/g, '_')}`;
}
