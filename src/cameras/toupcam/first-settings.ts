/** What a camera is set to when it is opened: as the sensor gives its pixels, and as no earlier program left it. */
import type { CameraState } from './camera-state.js';
import { CONVERSION_GAIN_CODE } from './conversion-gain.js';
import { setDepth, setProcessing } from './image-controls.js';
import { OPTION } from './toupcam-constants.js';
import { isArm } from './transport-controls.js';

/** Line frequency of option HZ that stands for direct current. */
const DIRECT_CURRENT = 2;

const LEFT_BEHIND = [
  ['the shutter open', OPTION.MECHANICALSHUTTER],
  ['no test pattern', OPTION.TESTPATTERN],
  ['no sequencer', OPTION.SEQUENCER_ONOFF],
] as const;

/** Returns what it could not set and what that means, in words. @throws SdkError `sdk.refused` where no raw frames can be had */
export async function applyFirstSettings(state: CameraState): Promise<readonly string[]> {
  const { handle } = state;
  const warnings: string[] = [];
  const has = state.library.library;
  if (has.has('put_AutoExpoEnable')) await handle.change('automatic exposure off', 'put_AutoExpoEnable', 0);
  const inLowBits = await handle.tryOption('pixels in the low bits', OPTION.ZERO_PADDING, 1);
  // Refused too by libraries from before the option, which put them there always.
  if (!inLowBits && state.option('ZERO_PADDING') === 0) {
    warnings.push(
      'the library does not put pixels of 10 to 14 bit in the low bits: their values are too large by a power of two',
    );
  }
  await setProcessing(state, false);
  await setDepth(state, state.mostBits());
  await handle.tryOption('binning off', OPTION.BINNING, 1);
  if (has.has('put_Mode')) await ignored(handle.change('rows that are added up', 'put_Mode', 0));
  if (has.has('put_HZ')) await ignored(handle.change('no regard to lamps', 'put_HZ', DIRECT_CURRENT));
  const { resolutions } = state.device.model;
  const areas = resolutions.map(({ width, height }) => width * height);
  if (has.has('put_eSize'))
    await ignored(handle.change('the largest image', 'put_eSize', areas.indexOf(Math.max(...areas))));
  if (has.has('put_Roi')) await ignored(handle.change('the whole image', 'put_Roi', 0, 0, 0, 0));
  // What an earlier program may have left, and nobody would look for.
  for (const [what, option] of LEFT_BEHIND) {
    if ((state.handle.option(option) ?? 0) !== 0) await handle.tryOption(what, option, 0);
  }
  // The numbers and the clock of frames go on through a restart of the stream.
  await handle.tryOption('numbers that go on', OPTION.MODE_SEQ_TIMESTAMP, 1);
  if (state.option('DEFECT_PIXEL') !== null && !(await handle.tryOption('defect pixels', OPTION.DEFECT_PIXEL, 0))) {
    warnings.push('the library goes on replacing defect pixels: faint stars may be taken for such');
  }
  if (state.is('CG') || state.is('CGHDR')) {
    const { choice } = state.choices.dual;
    const code = CONVERSION_GAIN_CODE[choice === 'Auto' ? 'Low' : choice];
    await handle.tryOption('the conversion gain', OPTION.CG, code);
  }
  if (isArm() && has.has('put_Speed')) await ignored(handle.change('the slowest speed', 'put_Speed', 0));
  return warnings;
}

/** What not every model has. */
async function ignored(change: Promise<void>): Promise<void> {
  await change.catch(() => {});
}
