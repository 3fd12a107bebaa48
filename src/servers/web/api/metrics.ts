/** What a station tells Prometheus, in its text exposition format 0.0.4. Counters are of the session that is recorded, and begin at 0 with the next. */
import { GRADES } from '#gps/frame-time.js';
import { VERSION } from '#src/config/version.js';
import type { CameraState } from '#src/station/station-state.js';
import type { RouteContext } from './route.js';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

interface OfCamera {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Null: not known now, and left out. */
  readonly value: (state: CameraState) => number | null;
}

const OF_CAMERA: readonly OfCamera[] = [
  gauge('camera_up', 'Whether the camera is there: 0 while it is lost.', ({ state }) => (state === 'lost' ? 0 : 1)),
  gauge('camera_recording', 'Whether a session is recorded.', ({ session }) => (session === null ? 0 : 1)),
  gauge('frames_per_second', 'Frames that come in a second.', (state) => state.framesPerSecond),
  gauge('stream_bits_per_second', 'Payload that comes in a second.', (state) => state.gigabitsPerSecond * 1e9),
  gauge('ring_fill_ratio', 'Share of the ring that is taken.', (state) => state.ringFill),
  gauge('worker_load_ratio', 'Share of the time that frame workers work.', (state) => state.workerLoad),
  counter('frames_received_total', 'Frames received.', ({ frames }) => frames.received),
  counter('frames_recorded_total', 'Frames on disk.', ({ frames }) => frames.recorded),
  counter('frames_indexed_total', 'Frames with a row in the index.', ({ frames }) => frames.indexed),
  counter('frames_lost_total', 'Frames produced and not received.', ({ frames }) => frames.lost),
  counter('frames_incomplete_total', 'Frames received with missing bytes.', ({ frames }) => frames.incomplete),
  counter(
    'frames_not_recorded_total',
    'Frames received that the disk did not take, or whose worker failed.',
    ({ frames }) => frames.notRecorded,
  ),
  counter('frames_untriggered_total', 'Frames that no trigger wanted.', ({ frames }) => frames.untriggered),
  counter('packets_resent_total', 'Packets that the camera sent again.', (state) => state.packetsResent),
  counter('camera_outages_total', 'Times that the camera was lost.', (state) => state.outages),
  counter('marks_total', 'Spans of time that were marked.', (state) => state.marks),
  gauge('disk_failing', 'Whether frames of the session cannot be written.', ({ diskFails }) => (diskFails ? 1 : 0)),
  gauge('disk_write_bytes_per_second', 'Bytes written in a second.', (state) => state.diskBytesPerSecond),
  gauge('disk_free_bytes', 'Bytes that are free for the recording.', (state) => state.freeBytes),
  gauge('time_left_seconds', "Until the disk or the session's limit is reached.", (state) => state.secondsLeft),
  gauge('session_duration_seconds', 'How long is recorded.', (state) => state.seconds),
  gauge('clock_uncertainty_seconds', "Bound of the error of the newest frame's time.", ({ clock }) =>
    clock === null ? null : Number(clock.uncertaintyNs) / 1e9,
  ),
  gauge('clock_host_offset_seconds', "The camera's second against the host's clock.", ({ clock }) =>
    clock === null || clock.hostOffsetNs === null ? null : Number(clock.hostOffsetNs) / 1e9,
  ),
  gauge('clock_oscillator_error_ratio', "Error of the camera's oscillator.", ({ clock }) =>
    clock === null || clock.ppsErrorPpb === null ? null : clock.ppsErrorPpb / 1e9,
  ),
  gauge('gps_satellites', 'Satellites that the receiver uses.', ({ clock }) => clock?.satellites ?? null),
];

function gauge(name: string, help: string, value: OfCamera['value']): OfCamera {
  return { name, type: 'gauge', help, value };
}

function counter(name: string, help: string, value: OfCamera['value']): OfCamera {
  return { name, type: 'counter', help, value };
}

export function metricsOf({ station, webClients }: Pick<RouteContext, 'station' | 'webClients'>): string {
  const cameras = station.cameras.map((state) => ({ state, labels: labelsOf(state) }));
  const families = OF_CAMERA.map(({ name, type, help, value }) =>
    family(
      name,
      type,
      help,
      cameras.flatMap(({ state, labels }): Sample[] => {
        const now = value(state);
        return now === null ? [] : [[labels, now]];
      }),
    ),
  );
  const times = cameras.flatMap(({ state, labels }) =>
    GRADES.map((grade): Sample => [{ ...labels, grade }, state.times[grade]]),
  );
  const grades = cameras.flatMap(({ state, labels }) =>
    state.clock === null
      ? []
      : GRADES.map((grade): Sample => [{ ...labels, grade }, state.clock?.grade === grade ? 1 : 0]),
  );
  const sessions = new Set(cameras.flatMap(({ state }) => (state.session === null ? [] : [state.session])));
  return [
    family('build_info', 'gauge', 'The program and the station.', [
      [{ version: VERSION, station: station.id, name: station.name }, 1],
    ]),
    ...families,
    family('frames_timed_total', 'counter', 'Frames received, by the grade of their time.', times),
    family('clock_grade', 'gauge', "Grade of the newest frame's time: 1 for the one that it has.", grades),
    family('sessions_recording', 'gauge', 'Sessions that are recorded now.', [[{}, sessions.size]]),
    family('web_clients', 'gauge', 'Pages that are open.', [[{}, webClients()]]),
  ].join('');
}

function labelsOf({ camera, uri, model, serial }: CameraState): Labels {
  return { camera: String(camera), uri, model, serial };
}

/** Nothing for a family without samples. */
function family(name: string, type: OfCamera['type'], help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const full = `appulse_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${labelText(labels)} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines, ''].join('\n');
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
