/** A share of something that must not be full. */
import { percentText } from '../figures/amounts.js';

const NEAR_FULL = 0.8;

export function Meter({ name, share }: { readonly name: string; readonly share: number }) {
  const shown = Math.min(1, Math.max(0, share));
  return (
    <div class="meter" data-trouble={share > NEAR_FULL}>
      <span class="quiet">{name}</span>
      <svg class="meter-bar" width="100%" height="6" aria-hidden="true">
        <rect class="meter-ground" width="100%" height="6" rx="3" />
        <rect class="meter-share" width={`${shown * 100}%`} height="6" rx="3" />
      </svg>
      <span>{percentText(share)}</span>
    </div>
  );
}
