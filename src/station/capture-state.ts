/** What of a camera's mode and the settings goes into every frame's record. */
import type { CameraMode } from '#src/cameras/camera.js';
import type { Settings } from '#src/config/settings.js';
import type { CaptureState, SampleBytes } from '#storage/frame-record.js';

export function captureStateOf(mode: CameraMode, settings: Settings): CaptureState {
  return {
    frameType: settings['recording.frame-type'],
    readMode: mode.readoutMode,
    gain: mode.gain,
    offset: mode.offset,
    binningX: mode.binningX,
    binningY: mode.binning,
    softwareBinning: 1,
    sensorTemperatureC: mode.sensorTemperatureC,
    filter: settings['recording.filter'] ?? mode.filter,
    object: settings['recording.object'],
    observer: settings['station.observer'],
    telescope: settings['station.telescope'],
  };
}

/** Bytes of a recorded sample of such a camera. */
export function sampleBytesOf(_mode: CameraMode, _settings: Settings): SampleBytes {
  return 2;
}
