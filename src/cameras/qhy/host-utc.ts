/** The wall clock is only read to the millisecond: smaller differences from the run of the monotonic one are its noise. */
const CLOCK_STEP_MS = 2;

/** Host UTC now, ns since 1970, as well as Node tells it. */
export function hostUtcNs(): bigint {
  const running = performance.timeOrigin + performance.now();
  const drift = Date.now() - running;
  return BigInt(Math.round((running + (Math.abs(drift) > CLOCK_STEP_MS ? drift : 0)) * 1000)) * 1000n;
}
