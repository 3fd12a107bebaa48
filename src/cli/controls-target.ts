/** Whose controls a command is about: a camera of the running station, or one that is opened for the command. */
import { AppulseError } from '#gps/errors.js';
import type { CameraIdentity } from '#src/cameras/camera.js';
import { cameraId } from '#src/cameras/camera-id.js';
import type { CameraControls, Control } from '#src/cameras/controls.js';
import { type ControlledCamera, openForControls } from '#src/cameras/open-controls.js';
import { sdkSettingsOf } from '#src/cameras/sdk/sdk-settings.js';
import { setControls, setWhatGoes, type WantedControl } from '#src/cameras/set-controls.js';
import type { Settings } from '#src/config/settings.js';
import { UsageError } from '#src/config/usage-error.js';
import { callStation } from '#src/control/client.js';
import { ControlRecord } from '#src/station/control-record.js';
import type { SetControlsAnswer, StationControls } from '#src/station/control-request.js';

/** A stream that must be ended for it may have long exposures under way. */
const SET_TIMEOUT_MS = 120_000;
const LIST_TIMEOUT_MS = 30_000;

export interface HowToSet {
  /** Those that the camera takes, instead of all or none. */
  readonly whatGoes: boolean;
  /** For the next time that the camera is opened. */
  readonly keep: boolean;
}

export interface ControlsTarget {
  readonly uri: string;
  readonly identity: CameraIdentity;
  /** Whether the running station has the camera. */
  readonly recording: boolean;
  list(): Promise<readonly Control[]>;
  set(wanted: readonly WantedControl[], how: HowToSet): Promise<SetControlsAnswer>;
  close(): Promise<void>;
}

type Log = (level: 'info' | 'warning', message: string) => void;

/**
 * `word`: a camera's URI; of the running station also its serial number, model or identifier.
 * @throws UsageError, AppulseError as `openCamera`; `camera.access-denied` where another program has the camera
 */
export async function openTarget(word: string, settings: Settings, log: Log): Promise<ControlsTarget> {
  const data = settings['recording.data'];
  const cameras = await stationCameras(data);
  const meant = cameras.find((camera) => isMeant(camera, word));
  if (meant !== undefined) return stationTarget(data, meant);
  if (!word.includes(':')) {
    const uris = cameras.map(({ uri }) => uri).join(', ');
    const known = cameras.length === 0 ? `no station records into ${data}` : `the station records with ${uris}`;
    throw new UsageError('usage.camera', `'${word}' names no camera: write its URI, such as gige:${word}; ${known}`);
  }
  return openedTarget(word, settings, log);
}

/** Those of the running station; none where none runs. */
async function stationCameras(data: string): Promise<readonly StationControls[]> {
  try {
    return (await callStation(data, { call: 'controls' }, LIST_TIMEOUT_MS)) as readonly StationControls[];
  } catch (error) {
    if (error instanceof AppulseError && error.code === 'control.no-station') return [];
    throw error;
  }
}

function isMeant({ uri, identity }: StationControls, word: string): boolean {
  if (uri === word) return true;
  if (identity === null) return false;
  const { serial, model } = identity;
  const [scheme, id] = [word.split(':', 1)[0], word.slice(word.indexOf(':') + 1)];
  return [serial, model, cameraId(identity)].includes(word) || (uri.startsWith(`${scheme}:`) && id === serial);
}

function stationTarget(
  data: string,
  { camera, uri, identity, unavailable, controls }: StationControls,
): ControlsTarget {
  if (identity === null || unavailable !== null) {
    throw new AppulseError('station.camera-away', `${uri}: ${unavailable ?? 'the camera is not open yet'}`);
  }
  return {
    uri,
    identity,
    recording: true,
    list: async () => controls,
    set: async (wanted, how) => {
      const request = { call: 'controls-set' as const, camera, set: [...wanted], ...how };
      return (await callStation(data, request, SET_TIMEOUT_MS)) as SetControlsAnswer;
    },
    close: async () => {},
  };
}

async function openedTarget(uri: string, settings: Settings, log: Log): Promise<ControlsTarget> {
  const camera = await opened(uri, settings, log);
  const { controls, identity } = camera;
  try {
    if (controls === undefined) {
      throw new AppulseError('camera.no-controls', `${uri} has nothing that can be set`);
    }
    const record = new ControlRecord({
      settings,
      event: () => {},
      log: (level, message) => level !== 'info' && log('warning', message),
    });
    await record.restore(identity, controls);
    return {
      uri,
      identity,
      recording: false,
      list: () => controls.list(),
      set: async (wanted, { whatGoes, keep }) => {
        const applied = whatGoes ? await setWhatGoes(controls, wanted) : await all(controls, wanted);
        await record.set(identity, { changes: applied.changes, refused: [] }, keep);
        return { ...applied, interrupted: false };
      },
      close: () => camera.close(),
    };
  } catch (error) {
    await camera.close();
    throw error;
  }
}

const all = async (controls: CameraControls, wanted: readonly WantedControl[]) => ({
  changes: await setControls(controls, wanted),
  refused: [],
});

async function opened(uri: string, settings: Settings, log: Log): Promise<ControlledCamera> {
  try {
    return await openForControls(uri, {
      packetSize: settings['camera.packet-size'],
      features: {},
      nativeReceiver: true,
      sdk: sdkSettingsOf(settings),
      log,
    });
  } catch (error) {
    if (!(error instanceof AppulseError) || error.code !== 'camera.access-denied') throw error;
    const hint = 'where that is an appulse station, name its data folder with --data, and it sets the controls itself';
    throw new AppulseError(error.code, `${error.message}; ${hint}`, { cause: error });
  }
}
