/** A control that is one parameter of the library (CONTROL_ID): number, or switch of 0 and 1, or choice of numbers. */
import type { ControlDeclaration, ControlValue } from '../controls.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import type { ControlId } from './qhy-functions.js';

export interface ParameterOptions {
  /** Numbers of the choices, in their order. */
  readonly values?: readonly number[];
  /** The parameter that tells the default. */
  readonly defaultId?: ControlId;
  /** What is set first, instead of what the camera has. */
  readonly initial?: number;
  /** Why it cannot be set as the camera is now; null where it can. */
  readonly refused?: () => string | null;
  /** Called when a set has succeeded. */
  readonly changed?: () => void;
}

export class ParameterControl implements QhyControl {
  readonly #device: QhyDevice;
  readonly #id: ControlId;
  readonly #options: ParameterOptions;
  #declaration: ControlDeclaration;
  #number: number | null = null;
  #missing: string | null = 'the camera has not been asked yet';
  #wanted: number | null;
  #probes = 0;

  constructor(device: QhyDevice, id: ControlId, declaration: ControlDeclaration, options: ParameterOptions = {}) {
    this.#device = device;
    this.#id = id;
    this.#declaration = declaration;
    this.#options = options;
    this.#wanted = options.initial ?? null;
  }

  get declaration(): ControlDeclaration {
    return this.#declaration;
  }

  get unavailable(): string | null {
    return this.#missing ?? this.#options.refused?.() ?? null;
  }

  /** The parameter itself; null where it cannot be read. */
  get number(): number | null {
    return this.#number;
  }

  get value(): ControlValue {
    const number = this.#number;
    if (number === null || this.#missing !== null) return null;
    const { type, choices } = this.#declaration;
    if (type === 'boolean') return number !== 0;
    if (type !== 'choice') return number;
    return choices[(this.#options.values ?? choices.map((_, i) => i)).indexOf(number)]?.name ?? null;
  }

  async probe(): Promise<void> {
    this.#probes++;
    if (!(await this.#device.available(this.#id))) {
      this.#missing = 'the SDK does not offer it for this camera';
      return;
    }
    this.#missing = null;
    const { type, readOnly } = this.#declaration;
    if (type === 'integer' || type === 'float') await this.#takeRange();
    await this.poll();
    if (!readOnly) this.#wanted ??= this.#number;
  }

  async set(value: ControlValue): Promise<void> {
    await this.#tell(this.#numberOf(value));
    this.#options.changed?.();
  }

  async apply(): Promise<void> {
    if (this.#missing !== null || this.#wanted === null || this.#declaration.readOnly) return;
    // What a camera just opened has is left as it is.
    if (this.#probes === 1 && this.#options.initial === undefined) return;
    const { minimum, maximum } = this.#declaration;
    // Another read mode may have another range.
    const least = Math.max(this.#wanted, minimum ?? Number.NEGATIVE_INFINITY);
    await this.#tell(Math.min(least, maximum ?? Number.POSITIVE_INFINITY));
  }

  async poll(): Promise<void> {
    if (this.#missing === null) this.#number = (await this.#device.parameter(this.#id)) ?? this.#wanted;
  }

  async #takeRange(): Promise<void> {
    const range = await this.#device.range(this.#id);
    const given = this.#options.defaultId === undefined ? null : await this.#device.parameter(this.#options.defaultId);
    if (range === null) return;
    const { minimum, maximum, step } = range;
    const inside = given !== null && given >= minimum && given <= maximum;
    this.#declaration = {
      ...this.#declaration,
      minimum,
      maximum,
      step: step > 0 ? step : null,
      default: inside ? given : this.#declaration.default,
    };
  }

  #numberOf(value: ControlValue): number {
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'number') return value;
    const index = this.#declaration.choices.findIndex(({ name }) => name === value);
    return this.#options.values?.[index] ?? index;
  }

  async #tell(number: number): Promise<void> {
    await this.#device.setParameter(this.#id, number, this.#declaration.label);
    this.#wanted = number;
    // What a camera makes of it may differ: it is read back. Some libraries give no answer for some parameters.
    this.#number = (await this.#device.parameter(this.#id)) ?? number;
  }
}
