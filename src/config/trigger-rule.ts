/** A rule on a frame's statistics that triggers: `max>60000`, `saturated>100`, or against what was before, `mean>1.5x`. */
import { UsageError } from './usage-error.js';

const QUANTITIES = ['min', 'max', 'mean', 'stddev', 'median', 'saturated'] as const;
type Quantity = (typeof QUANTITIES)[number];

export interface TriggerRule {
  /** As it was written. */
  readonly text: string;
  readonly quantity: Quantity;
  readonly relation: '>' | '<';
  readonly value: number;
  /** `value` is a factor of the running median of the frames before. */
  readonly relative: boolean;
}

/** @throws UsageError `usage.trigger-rule` */
export function parseTriggerRule(text: string): TriggerRule {
  const match = /^\s*([a-z]+)\s*([<>])\s*(\d+(?:\.\d+)?)\s*(x?)\s*$/.exec(text);
  const quantity = QUANTITIES.find((known) => known === match?.[1]);
  const value = Number(match?.[3]);
  if (match === null || quantity === undefined || !Number.isFinite(value)) {
    throw new UsageError(
      'usage.trigger-rule',
      `'${text}' is not a rule: one of ${QUANTITIES.join(', ')}, then > or <, then a number or a factor, such as max>60000 or mean>1.5x`,
    );
  }
  return { text: text.trim(), quantity, relation: match[2] === '<' ? '<' : '>', value, relative: match[4] === 'x' };
}
