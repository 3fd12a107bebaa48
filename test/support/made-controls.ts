/** A camera's controls in memory: a region that lies within a sensor, a gain, a trigger and what it allows. */
import { AppulseError } from '#gps/errors.js';
import { type CameraControls, type Control, type ControlValue, declareControl } from '#src/cameras/controls.js';

const SENSOR = 320;
const about = { label: '', help: '' } as const;

export class MadeControls implements CameraControls {
  width = SENSOR;
  offset = 0;
  gain = 0;
  trigger = false;
  delay = 0;
  /** What was set, in order. */
  readonly log: string[] = [];
  /** Set: the camera does not answer from its nth setting on. */
  goneAfter = Number.POSITIVE_INFINITY;
  /** A value that the camera refuses though it lies in the range. */
  refusedGain = 13;

  async list(): Promise<readonly Control[]> {
    const integer = { ...about, type: 'integer', group: 'Image', shapesFrames: true, live: false } as const;
    const width = declareControl({ ...integer, name: 'Width', minimum: 1, maximum: SENSOR - this.offset });
    const offset = declareControl({ ...integer, name: 'OffsetX', minimum: 0, maximum: SENSOR - this.width });
    const gain = declareControl({
      ...about,
      name: 'Gain',
      group: 'Gain',
      type: 'float',
      minimum: 0,
      maximum: 24,
      unit: 'dB',
    });
    const trigger = declareControl({ ...about, name: 'TriggerMode', group: 'Trigger', type: 'boolean' });
    const delay = declareControl({
      ...about,
      name: 'TriggerDelay',
      group: 'Trigger',
      type: 'float',
      minimum: 0,
      maximum: 10,
    });
    const software = declareControl({ ...about, name: 'TriggerSoftware', group: 'Trigger', type: 'command' });
    const off = this.trigger ? null : 'needs TriggerMode';
    return [
      { ...width, value: this.width, unavailable: null },
      { ...offset, value: this.offset, unavailable: null },
      { ...gain, value: this.gain, unavailable: null },
      { ...trigger, value: this.trigger, unavailable: null },
      { ...delay, value: this.delay, unavailable: off },
      { ...software, value: null, unavailable: off },
    ];
  }

  async set(name: string, value: ControlValue): Promise<readonly Control[]> {
    if (this.log.length >= this.goneAfter) throw new AppulseError('gvcp.no-answer', 'no answer');
    if (name === 'Gain' && value === this.refusedGain) throw new AppulseError('made.refused', 'not that one');
    this.log.push(value === null ? name : `${name}=${value}`);
    // Frames that are triggered need a lower gain: a control that changes another one.
    if (name === 'TriggerMode' && value === true) this.gain = Math.min(this.gain, 10);
    if (name === 'Width') this.width = value as number;
    if (name === 'OffsetX') this.offset = value as number;
    if (name === 'Gain') this.gain = value as number;
    if (name === 'TriggerMode') this.trigger = value as boolean;
    if (name === 'TriggerDelay') this.delay = value as number;
    return this.list();
  }
}
