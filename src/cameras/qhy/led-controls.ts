/** The LED that calibrates the header's times (GPIO mode 6; positions A and B of SetQHYCCDGPSPOSA and -POSB). */
import { declareControl } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import { LED_POSITION, LED_TICKS_PER_SECOND, LED_WIDTH, ledOrigin } from './led-positions.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';

/** Our position of a pulse that begins with the mark: published positions are added to what is above it. */
const LED_ORIGIN = 1_000_000;

/** The calibration LED: pulses about the start (position B) or the end (position A) of the exposure. */
export class LedPulse {
  readonly controls: readonly QhyControl[];
  readonly #device: QhyDevice;
  readonly #exposure: () => { readonly us: number; readonly bits: number };
  readonly #slave: () => boolean;
  #mode: 'Off' | 'Start' | 'End' = 'Off';
  #position = LED_ORIGIN;
  #width: number = LED_WIDTH.usual;

  constructor(
    device: QhyDevice,
    why: string | null,
    exposure: () => { readonly us: number; readonly bits: number },
    slave: () => boolean,
  ) {
    this.#device = device;
    this.#exposure = exposure;
    this.#slave = slave;
    const functions = ['SetQHYCCDGPSLedCalMode', 'SetQHYCCDGPSPOSA', 'SetQHYCCDGPSPOSB'] as const;
    const unavailable = () =>
      why ?? functions.map((name) => device.unavailable(name)).find((each) => each !== null) ?? null;
    const led = (name: string, label: string, help: string) =>
      ({ name, label, group: 'Clock', help, kept: false }) as const;
    const fixed = (name: string, label: string, value: number, unit: string | null, help: string): QhyControl => ({
      declaration: declareControl({ ...led(name, label, help), type: 'integer', unit, readOnly: true }),
      value,
      get unavailable() {
        return unavailable();
      },
    });
    const one = <V extends string | number>(
      declaration: Parameters<typeof declareControl>[0],
      read: () => V,
      set: (value: V) => void,
    ): QhyControl => ({
      declaration: declareControl(declaration),
      get value() {
        return read();
      },
      get unavailable() {
        return unavailable();
      },
      set: async (value) => {
        set(value as V);
        await this.#tell();
      },
    });
    this.controls = [
      one<'Off' | 'Start' | 'End'>(
        {
          ...led('LedCalMode', 'Calibration LED', 'GPIO mode 6: the mark of the exposure about which the LED shines.'),
          type: 'choice',
          choices: [
            { name: 'Off', label: 'off' },
            { name: 'Start', label: 'at the start of the exposure (position B)' },
            { name: 'End', label: 'at the end of the exposure (position A)' },
          ],
          default: 'Off',
        },
        () => this.#mode,
        (value) => {
          this.#mode = value;
        },
      ),
      one<number>(
        {
          ...led(
            'LedPulsePosition',
            'Position of the pulse',
            'In ticks; LedPulseOrigin is the mark itself, by the published positions of a QHY174GPS at USB traffic 0.',
          ),
          type: 'integer',
          minimum: 0,
          maximum: 2 * LED_ORIGIN,
          step: 1,
          default: LED_ORIGIN,
        },
        () => this.#position,
        (value) => {
          this.#position = value;
        },
      ),
      one<number>(
        {
          ...led('LedPulseWidth', 'Length of the pulse', 'In ticks.'),
          type: 'integer',
          minimum: LED_WIDTH.least,
          maximum: LED_WIDTH.most,
          step: 1,
          default: LED_WIDTH.usual,
        },
        () => this.#width,
        (value) => {
          this.#width = value;
        },
      ),
      fixed(
        'LedPulseOrigin',
        'Position of the mark',
        LED_ORIGIN,
        null,
        'Position of a pulse that begins with the mark.',
      ),
      fixed(
        'LedPulseTickFrequency',
        'Ticks in a second',
        LED_TICKS_PER_SECOND,
        'Hz',
        'As published positions change with the exposure.',
      ),
    ];
  }

  async follow(): Promise<void> {
    if (this.#mode !== 'Off') await this.#tell();
  }

  async #tell(): Promise<void> {
    const device = this.#device;
    const mode = this.#mode;
    if (mode !== 'Off') {
      const { us, bits } = this.#exposure();
      const wanted = ledOrigin(mode, us, bits) + this.#position - LED_ORIGIN;
      const position = Math.round(wanted);
      if (position < LED_POSITION.least || position > LED_POSITION.most) {
        throw new SdkError(
          'sdk.refused',
          `the pulse would stand at ${position} of the camera's own count, which goes from ${LED_POSITION.least} to ${LED_POSITION.most}: set it nearer to LedPulseOrigin`,
        );
      }
      const set = mode === 'Start' ? 'SetQHYCCDGPSPOSB' : 'SetQHYCCDGPSPOSA';
      await device.tell(set, this.#slave() ? 1 : 0, position, this.#width);
    }
    const code = mode === 'Off' ? 0 : mode === 'Start' ? 1 : 2;
    await device.check('SetQHYCCDGPSLedCalMode', `the calibration LED could not be set to ${mode}`, code);
  }
}
