/** The 12 V supply as the camera sees it: its state, told when it becomes bad, and the memory of an under-voltage. */
import { declareControl } from '../controls.js';
import type { SdkEvent } from '../sdk/sdk-camera.js';
import { commandControl } from './kept-control.js';
import type { QhyControl } from './qhy-control.js';
import type { QhyDevice } from './qhy-device.js';
import { CONTROL } from './qhy-functions.js';
import { SUPPLY_CHOICES, supplyState } from './under-voltage.js';

export class Supply {
  readonly #device: QhyDevice;
  readonly #event: (event: SdkEvent) => void;
  readonly #failed: () => void;
  #state = supplyState(null);
  #limitsCooler = false;

  /** `failed`: the camera has turned its cooler off. */
  constructor(device: QhyDevice, event: (event: SdkEvent) => void, failed: () => void) {
    this.#device = device;
    this.#event = event;
    this.#failed = failed;
  }

  /** Whether the camera limits its cooler since an under-voltage, or does so after its next reconnection. */
  get limitsCooler(): boolean {
    return this.#limitsCooler;
  }

  get controls(): readonly QhyControl[] {
    return [this.#stateControl(), this.#clearControl()];
  }

  async poll(): Promise<void> {
    if (!(await this.#device.available(CONTROL.SENSOR_ULVO_STATUS))) return;
    const before = this.#state;
    this.#state = supplyState(await this.#device.parameter(CONTROL.SENSOR_ULVO_STATUS));
    const { trouble, code } = this.#state;
    if (trouble === null || before.code === code) return;
    this.#limitsCooler = true;
    this.#failed();
    this.#event({ kind: 'message', level: 'error', text: trouble });
  }

  #stateControl(): QhyControl {
    const supply = this;
    return {
      declaration: declareControl({
        name: 'UnderVoltage',
        label: '12 V supply',
        group: 'Cooling',
        type: 'choice',
        choices: SUPPLY_CHOICES,
        readOnly: true,
        help: 'What the camera says of its supply (UVLO). QHY600, 268, 410, 411, 461 and 533 have it.',
      }),
      get value() {
        return supply.#state.name;
      },
      get unavailable() {
        return supply.#state.code === -1 ? 'the camera does not tell it' : null;
      },
    };
  }

  #clearControl(): QhyControl {
    const device = this.#device;
    return commandControl(
      declareControl({
        name: 'UnderVoltageClear',
        label: 'Forget the under-voltage',
        group: 'Cooling',
        type: 'command',
        help: 'Clears what limits the cooler to 70 %, when the supply is mended. It takes effect when the 12 V are switched off and on.',
      }),
      async () => {
        await device.tell('QHYCCDResetFlashULVOError');
        this.#limitsCooler = false;
      },
      () => device.unavailable('QHYCCDResetFlashULVOError'),
    );
  }
}
