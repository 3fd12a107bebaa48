/** The cooler and its readings. */
import { declareControl } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import type { SdkEvent } from '../sdk/sdk-camera.js';
import { percentOfPwm, pwmOfPercent, rampedSetPoint } from './cooler-rules.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';
import { Supply } from './supply-controls.js';
import { PROTECTED_COOLER_PERCENT } from './under-voltage.js';

type Event = (event: SdkEvent) => void;
type Ask = 'off' | 'target' | 'manual';

const NO_COOLER = 'the SDK does not offer a cooler for this camera';
const NO_PWM = 'the SDK does not let the power of this cooler be set';

export class Cooler {
  readonly #device: QhyDevice;
  readonly #supply: Supply;
  readonly #nowS: () => number;
  #asked = false;
  #cools = false;
  #setsPower = false;
  #ask: Ask = 'off';
  #target = 0;
  /** Degrees a minute; 0: at once. */
  #ramp = 0;
  #manualPercent = 0;
  #setPoint: number | null = null;
  #lastS = 0;
  #range = { minimum: -50, maximum: 50 };
  #temperature: number | null = null;
  #power: number | null = null;

  constructor(device: QhyDevice, event: Event, nowS: () => number) {
    this.#device = device;
    this.#supply = new Supply(device, event, () => {
      // The firmware has turned it off: saying that it cools would be wrong.
      this.#ask = 'off';
      this.#setPoint = null;
    });
    this.#nowS = nowS;
  }

  get controls(): readonly QhyControl[] {
    return [
      this.#switch(),
      this.#targetControl(),
      this.#rampControl(),
      this.#manualControl(),
      this.#reading('CoolerPower', 'Cooler power', '%', 'What the cooler gets of its full power.', () => this.#power),
      this.#reading('DeviceTemperature', 'Sensor temperature', 'Cel', 'At the sensor.', () => this.#temperature),
      ...this.#supply.controls,
    ];
  }

  async probe(): Promise<void> {
    this.#cools = await this.#device.available(CONTROL.COOLER);
    this.#setsPower = await this.#device.available(CONTROL.MANULPWM);
    const range = this.#cools ? await this.#device.range(CONTROL.COOLER) : null;
    if (range !== null) this.#range = range;
    await this.poll();
    if (this.#asked) return;
    this.#asked = true;
    await this.#findCooling();
  }

  /** A camera goes on cooling when the program before this one has ended. */
  async #findCooling(): Promise<void> {
    const target = this.#cools && (this.#power ?? 0) > 0 ? await this.#device.parameter(CONTROL.COOLER) : null;
    if (target === null || target < this.#range.minimum || target > this.#range.maximum) return;
    this.#ask = 'target';
    this.#target = target;
    this.#setPoint = target;
  }

  /** What was asked, again: an initialisation forgets it. */
  async apply(): Promise<void> {
    if (this.#ask === 'target' && this.#setPoint !== null) await this.#tellSetPoint(this.#setPoint);
    if (this.#ask === 'manual') await this.#tellPower(this.#manualPercent);
  }

  /** Reads, and goes on with the ramp. Not to be called while a single frame is read out. */
  async poll(): Promise<void> {
    const device = this.#device;
    this.#temperature = await device.parameter(CONTROL.CURTEMP);
    const pwm = this.#cools || this.#setsPower ? await device.parameter(CONTROL.CURPWM) : null;
    this.#power = pwm === null ? null : percentOfPwm(pwm);
    await this.#supply.poll();
    await this.#goOn();
  }

  async #goOn(): Promise<void> {
    const setPoint = this.#setPoint;
    if (this.#ask !== 'target' || setPoint === null || setPoint === this.#target) return;
    const now = this.#nowS();
    const next = rampedSetPoint(setPoint, this.#target, this.#ramp, now - this.#lastS);
    this.#lastS = now;
    await this.#tellSetPoint(next);
  }

  async #tellSetPoint(celsius: number): Promise<void> {
    await this.#device.setParameter(CONTROL.COOLER, celsius, "the cooler's target");
    this.#setPoint = celsius;
  }

  async #tellPower(percent: number): Promise<void> {
    await this.#device.setParameter(CONTROL.MANULPWM, pwmOfPercent(percent), "the cooler's power");
  }

  async #coolTo(target: number): Promise<void> {
    if (this.#ask === 'target') {
      const from = this.#setPoint ?? this.#temperature ?? target;
      this.#lastS = this.#nowS();
      await this.#tellSetPoint(this.#ramp > 0 ? from : target);
    }
    this.#target = target;
  }

  async #turn(on: boolean): Promise<void> {
    const before = { ask: this.#ask, setPoint: this.#setPoint };
    try {
      this.#ask = on ? 'target' : 'off';
      this.#setPoint = null;
      if (on) await this.#coolTo(this.#target);
      else await this.#turnOff();
    } catch (error) {
      // It goes on as it did.
      this.#ask = before.ask;
      this.#setPoint = before.setPoint;
      throw error;
    }
  }

  async #turnOff(): Promise<void> {
    if (this.#setsPower) return this.#tellPower(0);
    throw new SdkError(
      'sdk.refused',
      `${NO_PWM}, so it cannot be turned off: give it a target above the air's temperature`,
    );
  }

  #switch(): QhyControl {
    const cooler = this;
    return {
      declaration: declareControl({
        name: 'CoolerOn',
        label: 'Cooler',
        group: 'Cooling',
        type: 'boolean',
        default: false,
        help: 'Cools the sensor to CoolerTarget. Off sets the power to 0.',
      }),
      get value() {
        return cooler.#ask !== 'off';
      },
      get unavailable() {
        return cooler.#cools ? null : NO_COOLER;
      },
      set: (value) => cooler.#turn(value === true),
    };
  }

  #targetControl(): QhyControl {
    const cooler = this;
    return {
      get declaration() {
        return declareControl({
          name: 'CoolerTarget',
          label: 'Target temperature',
          group: 'Cooling',
          type: 'float',
          unit: 'Cel',
          minimum: cooler.#range.minimum,
          maximum: cooler.#range.maximum,
          default: 0,
          help: 'Where CoolerOn brings the sensor; by air to 35 degrees below ambient with a QHY411 or 461.',
        });
      },
      get value() {
        return cooler.#target;
      },
      get unavailable() {
        return cooler.#cools ? null : NO_COOLER;
      },
      set: (value) => cooler.#coolTo(Number(value)),
    };
  }

  #rampControl(): QhyControl {
    const cooler = this;
    return {
      declaration: declareControl({
        name: 'CoolerRamp',
        label: 'Ramp',
        group: 'Cooling',
        type: 'float',
        unit: 'Cel/min',
        minimum: 0,
        maximum: 30,
        default: 0,
        help: 'How fast the set-point goes to the target, in both directions; 0: at once.',
      }),
      get value() {
        return cooler.#ramp;
      },
      get unavailable() {
        return cooler.#cools ? null : NO_COOLER;
      },
      async set(value) {
        cooler.#ramp = Number(value);
      },
    };
  }

  #manualControl(): QhyControl {
    const cooler = this;
    return {
      get declaration() {
        return declareControl({
          name: 'CoolerPowerManual',
          label: 'Power by hand',
          group: 'Cooling',
          type: 'float',
          unit: '%',
          minimum: 0,
          maximum: cooler.#supply.limitsCooler ? PROTECTED_COOLER_PERCENT : 100,
          kept: false,
          help: 'Sets the power of the cooler instead of a temperature. After an under-voltage no more than 70 % can be had, see UnderVoltage.',
        });
      },
      get value() {
        return cooler.#ask === 'manual' ? cooler.#manualPercent : (cooler.#power ?? 0);
      },
      get unavailable() {
        return cooler.#setsPower ? null : NO_PWM;
      },
      async set(value) {
        await cooler.#tellPower(Number(value));
        cooler.#manualPercent = Number(value);
        cooler.#ask = Number(value) > 0 ? 'manual' : 'off';
        cooler.#setPoint = null;
      },
    };
  }

  #reading(name: string, label: string, unit: string, help: string, read: () => number | null): QhyControl {
    return {
      declaration: declareControl({ name, label, group: 'Cooling', type: 'float', unit, readOnly: true, help }),
      get value() {
        return read();
      },
      get unavailable() {
        return read() === null ? 'the camera does not tell it' : null;
      },
    };
  }
}
