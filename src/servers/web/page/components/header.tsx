/** Station, connection, the views to choose from. */
import { connected, status } from '../live/connection.js';
import type { View } from './page.js';

export function Header({ views, chosen }: { readonly views: readonly View[]; readonly chosen: string }) {
  return (
    <header>
      <strong>{status.value?.stationName ?? 'Appulse'}</strong>
      <nav aria-label="Views">
        {views.map(({ name, label }) => (
          <a key={name} href={`#${name}`} aria-current={name === chosen ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <span role="status">{connected.value ? 'connected' : 'not connected'}</span>
    </header>
  );
}
