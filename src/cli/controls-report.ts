/** How `appulse controls` answers what was set. */
import { keptOf } from '#src/station/control-record.js';
import type { SetControlsAnswer } from '#src/station/control-request.js';
import { EXIT, printJson } from './command-line.js';
import type { ControlsTarget } from './controls-target.js';
import { changeText, valueText } from './controls-text.js';

export interface ControlsRun {
  readonly target: ControlsTarget;
  readonly words: readonly string[];
  readonly json: boolean;
  readonly tell: (message: string) => void;
}

/** What was set, and what was not. */
export function report({ target, json, tell }: ControlsRun, answer: SetControlsAnswer): number {
  const { changes, refused, interrupted } = answer;
  if (json) printJson({ camera: target.uri, ...answer, kept: keptOf(changes) });
  else for (const change of changes) process.stdout.write(`${changeText(change)}\n`);
  for (const { name, value, why } of refused) tell(`${name}=${valueText(value)} is left out: ${why}`);
  if (interrupted && !json) process.stdout.write('the stream was ended and begun again for it\n');
  return refused.length > 0 ? EXIT.doneWithLosses : EXIT.done;
}
