/** The LED that calibrates the header's times (GPIO mode 6): pulses about the start (position B) or the end (position A) of the exposure. */
import { type ControlDeclaration, type ControlValue, declareControl } from '../controls.js';
import type { GpsPositions } from './gps-positions.js';
import { LED_POSITION, LED_TICKS_PER_SECOND, LED_WIDTH } from './led-positions.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';

/** Our position of a pulse that begins with the mark: the camera's own positions are added to what is above it. */
const LED_ORIGIN = 1_000_000;
/** SetQHYCCDGPSLedCalMode. */
const MODES = { Off: 0, Start: 1, End: 2 } as const;

interface Pulse {
  readonly mode: keyof typeof MODES;
  readonly position: number;
  readonly width: number;
}

const OFF: Pulse = { mode: 'Off', position: LED_ORIGIN, width: LED_WIDTH.usual };

export class LedPulse {
  readonly controls: readonly QhyControl[];
  readonly #device: QhyDevice;
  readonly #positions: GpsPositions;
  #pulse = OFF;

  constructor(device: QhyDevice, positions: GpsPositions) {
    this.#device = device;
    this.#positions = positions;
    this.controls = [
      this.#control(
        () => MODE,
        'mode',
        () => this.follow(),
      ),
      this.#control(() => this.#positionDeclaration(), 'position'),
      this.#control(() => WIDTH, 'width'),
      this.#fixed(ORIGIN, LED_ORIGIN),
      this.#fixed(FREQUENCY, LED_TICKS_PER_SECOND),
    ];
  }

  /** The pulse goes with the exposure; where the camera's count does not reach so far, the LED is turned off. */
  async follow(): Promise<void> {
    const pulse = this.#pulse;
    if (pulse.mode === 'Off') return;
    this.#pulse = OFF;
    await this.#become(pulse);
  }

  get #unavailable(): string | null {
    const why = this.#positions.unavailable ?? this.#device.unavailable('SetQHYCCDGPSLedCalMode');
    const known = this.#positions.position('Start') !== null && this.#positions.position('End') !== null;
    return why ?? (known ? null : 'nothing is published of this model: set GpsPositionStart and GpsPositionEnd first');
  }

  /** What is set stays as it was where the camera, or its count, refuses. */
  async #become(pulse: Pulse): Promise<void> {
    const { mode, position, width } = pulse;
    const mark = mode === 'Off' ? null : this.#positions.position(mode);
    if (mode !== 'Off' && mark !== null) await this.#positions.place(mode, mark + position - LED_ORIGIN, width);
    if (mode !== this.#pulse.mode) {
      const what = `the calibration LED could not be set to ${mode}`;
      await this.#device.check('SetQHYCCDGPSLedCalMode', what, MODES[mode]);
    }
    this.#pulse = pulse;
    // The header takes its times where pulses stood last: behind the calibration the marks go back to their places.
    if (mode === 'Off') await this.#positions.tell();
  }

  /** How early and late the pulse can be is what the camera's count reaches from the mark. */
  #positionDeclaration(): ControlDeclaration {
    const { mode } = this.#pulse;
    const mark = mode === 'Off' ? null : this.#positions.position(mode);
    if (mark === null) return POSITION;
    const from = LED_ORIGIN - mark;
    return { ...POSITION, minimum: from + LED_POSITION.least, maximum: from + LED_POSITION.most };
  }

  #control(declaration: () => ControlDeclaration, key: keyof Pulse, apply = async () => {}): QhyControl {
    const led = this;
    return {
      get declaration() {
        return declaration();
      },
      get value() {
        return led.#pulse[key];
      },
      get unavailable() {
        return led.#unavailable;
      },
      set: (value) => led.#become({ ...led.#pulse, [key]: value }),
      apply,
    };
  }

  #fixed(declaration: ControlDeclaration, value: ControlValue): QhyControl {
    const led = this;
    return {
      declaration,
      value,
      get unavailable() {
        return led.#unavailable;
      },
    };
  }
}

function declared(name: string, label: string, help: string, rest: Partial<ControlDeclaration>): ControlDeclaration {
  return declareControl({ name, label, group: 'Clock', type: 'integer', help, kept: false, ...rest });
}

const MODE = declared(
  'LedCalMode',
  'Calibration LED',
  'GPIO mode 6: the mark of the exposure about which the LED shines.',
  {
    type: 'choice',
    choices: [
      { name: 'Off', label: 'off' },
      { name: 'Start', label: 'at the start of the exposure (position B)' },
      { name: 'End', label: 'at the end of the exposure (position A)' },
    ],
    default: 'Off',
  },
);
const POSITION = declared('LedPulsePosition', 'Position of the pulse', 'In ticks; LedPulseOrigin is the mark itself.', {
  minimum: 0,
  maximum: 2 * LED_ORIGIN,
  step: 1,
  default: LED_ORIGIN,
});
const WIDTH = declared('LedPulseWidth', 'Length of the pulse', 'In ticks.', {
  minimum: LED_WIDTH.least,
  maximum: LED_WIDTH.most,
  step: 1,
  default: LED_WIDTH.usual,
});
const ORIGIN = declared('LedPulseOrigin', 'Position of the mark', 'Position of a pulse that begins with the mark.', {
  readOnly: true,
});
const FREQUENCY = declared(
  'LedPulseTickFrequency',
  'Ticks in a second',
  'As published positions change with the exposure.',
  {
    unit: 'Hz',
    readOnly: true,
  },
);
