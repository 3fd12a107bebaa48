/** The filter wheel on the camera's port. It homes for some 16 s after power and initialisation, and shares the camera's handle. */
import { declareControl } from '../controls.js';
import { SdkError } from '../sdk/library.js';
import { MOST_SLOTS, orderOf, slotOf } from './filter-answers.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';

/** A wheel that has not answered by then after an initialisation is not there: asking for one takes the camera's time. */
const LOOK_S = 30;

export class FilterWheel {
  readonly #device: QhyDevice;
  readonly #nowS: () => number;
  #plugged = false;
  #slots = 0;
  #asked: number | null = null;
  #names: readonly string[] = [];
  #untilS = 0;
  #stands: number | null = null;

  constructor(device: QhyDevice, nowS: () => number) {
    this.#device = device;
    this.#nowS = nowS;
  }

  /** Slots are counted from 1. */
  get controls(): readonly QhyControl[] {
    const wheel = this;
    const missing = () =>
      wheel.#plugged ? null : 'no filter wheel answers on the port of the camera; one may need 20 s after power';
    return [
      {
        get declaration() {
          return declareControl({
            name: 'FilterSlot',
            label: 'Filter',
            group: 'Filter',
            type: 'integer',
            minimum: 1,
            maximum: wheel.#slots > 0 ? wheel.#slots : MOST_SLOTS,
            step: 1,
            kept: false,
            help: 'Turns the wheel to a slot; reads nothing while it turns.',
          });
        },
        get value() {
          return wheel.#stands === null ? null : wheel.#stands + 1;
        },
        get unavailable() {
          return missing();
        },
        set: (value) => wheel.#turn(Number(value) - 1),
      },
      {
        declaration: declareControl({
          name: 'FilterSlots',
          label: 'Slots of the wheel',
          group: 'Filter',
          type: 'integer',
          readOnly: true,
          help: 'As the wheel tells it.',
        }),
        get value() {
          return wheel.#slots > 0 ? wheel.#slots : null;
        },
        get unavailable() {
          return missing();
        },
      },
      {
        declaration: declareControl({
          name: 'FilterNames',
          label: 'Names of the filters',
          group: 'Filter',
          type: 'text',
          default: '',
          help: 'In the order of the slots, with commas between: L,R,G,B,Ha. FilterName and the frames carry them.',
        }),
        get value() {
          return wheel.#names.join(',');
        },
        unavailable: null,
        async set(value) {
          wheel.#names = String(value ?? '')
            .split(',')
            .map((name) => name.trim());
        },
      },
      {
        declaration: declareControl({
          name: 'FilterName',
          label: 'Filter in the light',
          group: 'Filter',
          type: 'text',
          readOnly: true,
          help: 'By FilterNames; nothing while the wheel turns.',
        }),
        get value() {
          const slot = wheel.#stands;
          return slot === null ? null : wheel.#names[slot] || `slot ${slot + 1}`;
        },
        get unavailable() {
          return missing();
        },
      },
    ];
  }

  async probe(): Promise<void> {
    this.#untilS = this.#nowS() + LOOK_S;
    await this.#find();
  }

  /** `streams`: whether frames come, which a wheel at rest must not hold up. */
  async poll(streams: boolean): Promise<void> {
    if (this.#plugged) {
      if (!streams || this.#stands === null) await this.#look();
    } else if (!streams && this.#nowS() < this.#untilS) await this.#find();
  }

  async #find(): Promise<void> {
    const device = this.#device;
    this.#plugged =
      device.has('IsQHYCCDCFWPlugged') &&
      device.has('GetQHYCCDCFWStatus') &&
      (await device.code('IsQHYCCDCFWPlugged')) === 0;
    if (!this.#plugged) return;
    const slots = await device.parameter(CONTROL.CFWSLOTSNUM);
    this.#slots = slots !== null && slots >= 1 && slots <= MOST_SLOTS ? Math.round(slots) : 0;
    await this.#look();
  }

  async #look(): Promise<void> {
    const answer = new Uint8Array(64);
    const code = await this.#device.code('GetQHYCCDCFWStatus', answer);
    const slot = code === 0 ? slotOf(answer[0] ?? 0xff) : null;
    // A wheel answers where it stood until it has begun to turn: it is there when it says what was asked.
    this.#stands = slot !== null && (this.#asked === null || slot === this.#asked) ? slot : null;
  }

  async #turn(slot: number): Promise<void> {
    const order = orderOf(slot);
    const device = this.#device;
    if (device.has('SendOrder2QHYCCDCFW')) {
      await device.check('SendOrder2QHYCCDCFW', `the filter wheel did not take slot ${slot + 1}`, order, 1);
    } else if (await device.available(CONTROL.CFWPORT)) {
      await device.setParameter(CONTROL.CFWPORT, order[0] ?? 0, 'the slot of the filter wheel');
    } else throw new SdkError('sdk.refused', 'this camera has no port for a filter wheel');
    this.#asked = slot;
    this.#stands = null;
  }
}
