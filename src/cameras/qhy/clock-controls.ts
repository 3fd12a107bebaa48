/** The GPS header, the camera's oscillator, master and slave, and the LED that calibrates both. */
import { decodeQhyHeader, receiverStatus } from '#gps/header/qhy-header.js';
import { declareControl } from '../controls.js';
import { GpsPositions } from './gps-positions.js';
import { KeptControl } from './kept-control.js';
import { LedPulse } from './led-controls.js';
import { ParameterControl } from './parameter-control.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';
import { VCXO_MIDDLE, VCXO_MOST, VcxoDiscipline } from './vcxo-discipline.js';

/** Cameras with a receiver of their own; others have a GPSBOX, and of all this only the header. */
const BUILT_IN = /QHY-?(174|550|990|991|1253)/i;
const STATUS = ['Off', 'Searching', 'Holding', 'Locked'] as const;
/** The camera writes its header before the library bins, whose sums leave nothing of it; what becomes of it unbinned is published nowhere. */
export const NO_HEADER_32 =
  'frames of 32 bit have no GPS header, because the library adds up the pixels that hold it: set PixelFormat to 8 or 16 bit for a header';
/** A state that is older than this says nothing of now. */
const STATUS_AGE_S = 10;

export class QhyClock {
  readonly controls: readonly QhyControl[];
  readonly #device: QhyDevice;
  readonly #header: ParameterControl;
  readonly #vcxo: KeptControl<number>;
  readonly #steers: KeptControl<boolean>;
  readonly #positions: GpsPositions;
  readonly #led: LedPulse;
  readonly #nowS: () => number;
  #discipline = new VcxoDiscipline();
  #status: { readonly name: (typeof STATUS)[number]; readonly seenS: number } | null = null;
  #ppsCount: number | null = null;

  constructor(
    device: QhyDevice,
    model: string,
    nowS: () => number,
    exposure: () => { readonly us: number; readonly bits: number },
  ) {
    this.#device = device;
    this.#nowS = nowS;
    const builtIn = BUILT_IN.test(model);
    const why = builtIn ? null : `${model} has no receiver of its own: behind a GPSBOX only the header can be switched`;
    this.#header = new ParameterControl(
      device,
      CONTROL.CAM_GPS,
      declareControl({
        name: 'GpsHeader',
        label: 'GPS header',
        group: 'Clock',
        type: 'boolean',
        live: false,
        help: 'The camera writes 44 bytes of times over the first pixels; the whole first row is no image then. Without a receiver or GPSBOX they say so.',
      }),
      { refused: () => (exposure().bits === 32 ? NO_HEADER_32 : null) },
    );
    const clock = (name: string, label: string, help: string) => ({ name, label, group: 'Clock', help }) as const;
    this.#vcxo = new KeptControl<number>(
      declareControl({
        ...clock('GpsVcxo', 'Oscillator', "The voltage of the camera's 10 MHz oscillator, 0 to 4095."),
        type: 'integer',
        minimum: 0,
        maximum: VCXO_MOST,
        step: 1,
        default: VCXO_MIDDLE,
      }),
      {
        value: VCXO_MIDDLE,
        unavailable: () => why ?? device.unavailable('SetQHYCCDGPSVCOXFreq'),
        tell: async (value) => {
          await device.check('SetQHYCCDGPSVCOXFreq', `the oscillator could not be set to ${value}`, value);
          this.#discipline = new VcxoDiscipline(value);
        },
      },
    );
    this.#steers = new KeptControl<boolean>(
      declareControl({
        ...clock(
          'GpsVcxoDiscipline',
          'Steer the oscillator',
          'Brings it to 10 MHz within 2 ticks by the count of each second while the header says locked, and looks again every 120 s. Times do not need it: they are corrected by the same count.',
        ),
        type: 'boolean',
        default: false,
      }),
      { value: false, again: false, unavailable: () => this.#vcxo.unavailable },
    );
    const role = new KeptControl<string>(
      declareControl({
        ...clock(
          'GpsRole',
          'Role among several cameras',
          'A slave exposes when its master does. No region can be set in a slave.',
        ),
        type: 'choice',
        choices: [
          { name: 'Master', label: 'master' },
          { name: 'Slave', label: 'slave' },
        ],
        default: 'Master',
        live: false,
      }),
      {
        value: 'Master',
        unavailable: () => why ?? device.unavailable('SetQHYCCDGPSMasterSlave'),
        tell: (value) =>
          device.check('SetQHYCCDGPSMasterSlave', `the camera could not be made ${value}`, value === 'Slave' ? 1 : 0),
      },
    );
    this.#positions = new GpsPositions(device, {
      model,
      missing: why,
      exposure,
      slave: () => role.value === 'Slave',
      headerOn: () => this.headerOn,
    });
    this.#led = new LedPulse(device, this.#positions);
    this.controls = [
      this.#header,
      this.#statusControl(),
      this.#vcxo,
      this.#steers,
      role,
      ...this.#positions.controls,
      ...this.#led.controls,
    ];
  }

  /** Whether the header stands in the first pixels. */
  get headerOn(): boolean {
    return this.#header.value === true;
  }

  /** Off and on again: after a change of region some cameras write the header of before (N.I.N.A. does so too). */
  async renewHeader(): Promise<void> {
    if (!this.headerOn) return;
    await this.#header.set(false);
    await this.#header.set(true);
  }

  /** Takes the header of a frame that came. */
  take(bytes: Uint8Array): void {
    const header = decodeQhyHeader(bytes);
    const status = receiverStatus(header.now.flag);
    this.#status = { name: STATUS[status] ?? 'Off', seenS: this.#nowS() };
    this.#ppsCount = status === 3 ? header.ppsCount : null;
  }

  /** Steers the oscillator where that is asked for. */
  async poll(): Promise<void> {
    const count = this.#ppsCount;
    if (this.#steers.value && this.#steers.unavailable === null && count !== null) {
      const value = this.#discipline.next(count, this.#nowS());
      if (value === null) return;
      await this.#device.check('SetQHYCCDGPSVCOXFreq', `the oscillator could not be set to ${value}`, value);
      this.#vcxo.keep(value);
    }
  }

  /** Marks and pulse stand where the exposure begins and ends: they are set again when that has changed, or the header has come. */
  async follow(): Promise<void> {
    await this.#positions.tell();
    await this.#led.follow();
  }

  #statusControl(): QhyControl {
    const clock = this;
    const fresh = () => clock.#status !== null && clock.#nowS() - clock.#status.seenS <= STATUS_AGE_S;
    return {
      declaration: declareControl({
        name: 'GpsStatus',
        label: 'GPS receiver',
        group: 'Clock',
        type: 'choice',
        choices: [
          { name: 'Off', label: 'off, or just switched on' },
          { name: 'Searching', label: 'searching' },
          { name: 'Holding', label: 'not locked, time still valid' },
          { name: 'Locked', label: 'locked' },
        ],
        readOnly: true,
        help: 'What the header of the last frame says. Evidence, not proof: the whole second can be wrong for 12 minutes after a cold start.',
      }),
      get value() {
        return fresh() ? (clock.#status?.name ?? null) : null;
      },
      get unavailable() {
        if (!clock.headerOn) return 'needs GpsHeader on';
        return fresh() ? null : 'no frame with a header has come';
      },
    };
  }
}
