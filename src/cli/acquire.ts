/** `appulse record` and `appulse station`: the main job. */
import type { Command } from 'commander';
import { AppulseError } from '#gps/errors.js';
import type { Preview } from '#pipeline/stages/preview-board.js';
import { dataFoldersOf } from '#src/config/data-folders.js';
import type { SettingKey, Settings } from '#src/config/settings.js';
import { keptStationId } from '#src/config/station-id.js';
import { parseDuration } from '#src/config/units.js';
import { UsageError } from '#src/config/usage-error.js';
import {
  type ControlRequest,
  markRequestOf,
  type PageAnswer,
  setControlsRequestOf,
  startSessionOf,
} from '#src/control/calls.js';
import { type ControlHandlers, ControlServer } from '#src/control/server.js';
import { controlSocketPath } from '#src/control/socket-path.js';
import { NightPlanner } from '#src/night/night-planner.js';
import { PlanFile } from '#src/night/plan-file.js';
import type { VideoOutput } from '#src/servers/video/video-output.js';
import type { WebServer } from '#src/servers/web/web-server.js';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import type { MarkAnswer } from '#src/station/mark-request.js';
import type { SessionLimits, SessionSummary } from '#src/station/messages.js';
import { openStation } from '#src/station/open-station.js';
import type { Station } from '#src/station/station.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';
import { endsWith } from './end-of-program.js';
import { LiveDisplay, summaryLines } from './live-lines.js';
import { RETENTION_SETTINGS } from './retention.js';
import { closePage, openPage, openVideo, WEB_KEYS } from './station-page.js';

export const ACQUISITION_KEYS: readonly SettingKey[] = [
  'camera.uri',
  'camera.fallback',
  'camera.receiver',
  'camera.resend',
  'camera.packet-size',
  'camera.socket-buffer',
  'camera.receive-cpu',
  'camera.realtime',
  'camera.features',
  'camera.ptp',
  'camera.single-frames',
  'camera.cool',
  'camera.filter-slot',
  'camera.link-rate',
  'camera.qhy-library',
  'camera.toupcam-library',
  'camera.sdk-doubles',
  'camera.in-process',
  'camera.state',
  'recording.data',
  'recording.more-data',
  'recording.segment-bytes',
  ...RETENTION_SETTINGS,
  'recording.floor',
  'recording.warn-left',
  'recording.trigger',
  'recording.pre-roll',
  'recording.post-roll',
  'recording.pre-roll-in',
  'recording.trigger-when',
  'recording.format',
  'recording.ser-stamp',
  'recording.frame-type',
  'recording.filter',
  'recording.name',
  'recording.notes',
  'recording.object',
  'station.id',
  'station.name',
  'station.code',
  'station.observer',
  'station.telescope',
  'site.name',
  'site.latitude',
  'site.longitude',
  'site.elevation',
  'clock.gpsd',
  'pipeline.workers',
  'pipeline.statistics',
  'pipeline.histogram',
  'pipeline.bin',
  'pipeline.bin-by',
  'pipeline.stack',
  'pipeline.stack-frames',
  'pipeline.preview-width',
  'pipeline.preview-rate',
  'pipeline.memory',
];

/** Of the station alone. */
const STATION_KEYS: readonly SettingKey[] = ['recording.watch', ...WEB_KEYS];

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function limitsOf(options: Record<string, unknown>): SessionLimits {
  const frames = options.frames === undefined ? null : Number(options.frames);
  if (frames !== null && (!Number.isSafeInteger(frames) || frames < 1)) {
    throw new UsageError('usage.frames', `--frames ${options.frames}: a whole number of frames, at least 1`);
  }
  return { frames, durationNs: typeof options.duration === 'string' ? parseDuration(options.duration) : null };
}

/** 3 where frames were lost or incomplete, the camera was away, or a time cannot be trusted. */
export function exitCodeOf(summary: SessionSummary): number {
  const { frames, times, outages } = summary;
  const missed =
    frames.lost +
    frames.incomplete +
    (frames.received - frames.untriggered - frames.indexed) +
    times.untrusted +
    outages;
  return missed > 0 ? EXIT.doneWithLosses : EXIT.done;
}

/** A preview as the control socket carries it: planes as bytes, because msgpack knows no others. */
function previewAnswer(preview: Preview | null): object | null {
  if (preview === null) return null;
  const bytes = (plane: Uint16Array | Uint32Array) => Buffer.from(plane.buffer, plane.byteOffset, plane.byteLength);
  const { time, mean, maximum, histogram, ...rest } = preview;
  return {
    ...rest,
    startUtcNs: time.startUtcNs,
    mean: bytes(mean),
    maximum: bytes(maximum),
    histogram: bytes(histogram),
  };
}

/** A control socket for each data folder. @throws AppulseError `control.in-use` */
async function listenFor(folders: readonly string[], handlers: ControlHandlers): Promise<ControlServer[]> {
  const servers: ControlServer[] = [];
  try {
    for (const folder of folders) servers.push(await ControlServer.listen(controlSocketPath(folder), handlers));
    return servers;
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
}

function marked(station: Station | null, request: ControlRequest): Promise<readonly MarkAnswer[]> {
  if (station === null) throw new AppulseError('station.not-recording', 'the station is starting');
  return station.mark(markRequestOf(request));
}

/** `rules`: whether sessions begin and end while it runs. @throws AppulseError `station.one-session`, `station.camera-away` */
function sessionsOf(station: Station | null, rules: boolean): Station {
  if (!rules) {
    throw new AppulseError(
      'station.one-session',
      'appulse record records one session from its begin to its end, which appulse stop ends; appulse station has several',
    );
  }
  if (station !== null) return station;
  throw new AppulseError('station.camera-away', 'the station is starting');
}

/** @throws AppulseError `control.no-page` */
function pageAnswer(page: WebServer | null): PageAnswer {
  if (page === null) {
    const message = 'it has no page: appulse record never has one, and a station has none with --page false';
    throw new AppulseError('control.no-page', message);
  }
  const { url, loginUrl, key } = page;
  return { url, loginUrl, key };
}

function controlsSet(station: Station | null, request: ControlRequest): Promise<SetControlsAnswer> {
  if (station === null) throw new AppulseError('station.camera-away', 'the station is starting');
  return station.setControls(setControlsRequestOf(request));
}

/** The answer about ended sessions: the summary of the only one, or `{sessions: [...]}`. Returns the exit code. */
export function reportSessions(summaries: readonly SessionSummary[], json: boolean): number {
  if (json) printJson(summaries.length === 1 ? summaries[0] : { sessions: summaries });
  else if (summaries.length === 0) process.stdout.write('no session was recorded\n');
  else process.stdout.write(`${summaries.flatMap(summaryLines).join('\n')}\n`);
  return Math.max(EXIT.done, ...summaries.map(exitCodeOf));
}

/** The plan of the nights, which a station follows. */
function planOf(station: Station, settings: Settings): NightPlanner {
  const file = new PlanFile(settings['recording.data']);
  return new NightPlanner({ station, file, tell: (level, text) => station.say(level, text) });
}

/** `watch`: whether the settings may say that nothing is recorded until a session is started, and there is a page for it. */
async function acquire(options: Record<string, unknown>, watch: boolean): Promise<number> {
  const json = options.json === true;
  const { values } = settingsOf(options);
  const limits = limitsOf(options);
  const display = new LiveDisplay();
  let station: Station | null = null;
  let page: WebServer | null = null;
  let video: VideoOutput | null = null;
  let planner: NightPlanner | null = null;
  // Before anything is opened: a data folder has one station.
  const control = await listenFor(dataFoldersOf(values), {
    status: () => (station?.latest ?? []).map((camera) => (page === null ? camera : { ...camera, url: page.url })),
    stop: () => {
      station?.stop();
      return station?.ended;
    },
    preview: ({ camera = 0 }) => previewAnswer(station?.preview(camera) ?? null),
    trigger: (request) => marked(station, request),
    mark: (request) => marked(station, request),
    controls: () => station?.controls() ?? [],
    'controls-set': (request) => controlsSet(station, request),
    'session-start': (request) => sessionsOf(station, watch).startSession(startSessionOf(request)),
    'session-stop': ({ camera }) => sessionsOf(station, watch).stopSession(camera ?? null),
    page: () => pageAnswer(page),
  });
  let asked = false;
  const stop = () => {
    if (asked) station?.abandon();
    else display.log('info', 'ending the station; a second Ctrl-C ends the program at once');
    asked = true;
    station?.stop();
  };
  try {
    const settings = watch ? values : { ...values, 'recording.watch': false };
    station = openStation({ settings, stationId: values['station.id'] ?? keptStationId(), limits });
    endsWith(station.closed);
    station.on('log', (level, message) => display.log(level, message));
    station.on('telemetry', (telemetry) => display.show(telemetry));
    for (const signal of SIGNALS) process.on(signal, stop);
    if (watch) planner = planOf(station, values).start();
    if (watch) page = await openPage(station, settings, display);
    if (watch) video = await openVideo(station, settings, display);
    const summaries = await station.ended;
    display.end();
    return reportSessions(summaries, json);
  } finally {
    await planner?.close();
    display.end();
    for (const signal of SIGNALS) process.off(signal, stop);
    await Promise.all([...control.map((server) => server.close()), closePage(page), video?.close()]);
  }
}

function acquisition(name: 'record' | 'station', description: string, example: string): Command {
  const watch = name === 'station';
  return addSettings(command(name, description, example), [...ACQUISITION_KEYS, ...(watch ? STATION_KEYS : [])])
    .option('--frames <n>', 'end after this many frames')
    .option('--duration <time>', 'end after this time, such as 20s or 5m')
    .action((options: Record<string, unknown>) => runCommand(options.json === true, () => acquire(options, watch)));
}

export const recordCommand = (): Command =>
  acquisition(
    'record',
    'acquire from a camera without the page',
    'appulse record --camera gige:192.168.1.20 --duration 10m --data /data/night',
  );

export const stationCommand = (): Command =>
  acquisition(
    'station',
    'acquire from a camera, with the page',
    'appulse station --camera sim:qhy411-bin3 --max-bytes 2GiB',
  );
