/** The cooler's arithmetic: its power as the camera counts it, and the ramp, which is ours. */

const PWM_MOST = 255;

export const percentOfPwm = (pwm: number): number =>
  Math.round((Math.min(PWM_MOST, Math.max(0, pwm)) * 1000) / PWM_MOST) / 10;

export const pwmOfPercent = (percent: number): number =>
  Math.round((Math.min(100, Math.max(0, percent)) * PWM_MOST) / 100);

/**
 * The set-point on the way from `current` to `target` when `elapsedS` have passed since the last one. `rate`: degrees a minute; 0:
 * at once.
 */
export function rampedSetPoint(current: number, target: number, rate: number, elapsedS: number): number {
  if (rate <= 0) return target;
  const most = (rate * Math.max(0, elapsedS)) / 60;
  const way = target - current;
  return Math.abs(way) <= most ? target : current + Math.sign(way) * most;
}
