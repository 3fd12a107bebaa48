/** Station, the views to choose from, and what must be seen in every view: recording, connection, night mode. */
import { useEffect, useRef } from 'preact/hooks';
import { LoginButton } from '../access/access-state.js';
import { runningText } from '../figures/spans.js';
import { cameras, connected, status } from '../live/connection.js';
import { night } from '../night/night-mode.js';
import { helpShown } from './help.js';
import { unreadMessages } from './messages-view.js';
import type { View } from './page.js';

export function Header({ views, chosen }: { readonly views: readonly View[]; readonly chosen: string }) {
  return (
    <header class="header">
      <strong class="station">{status.value?.stationName ?? 'Appulse'}</strong>
      <nav class="views" aria-label="Views">
        {views.map(({ name, label }) => (
          <ViewLink key={name} name={name} label={label} isChosen={name === chosen} />
        ))}
      </nav>
      <div class="header-state">
        <Recording />
        <span class="connection" data-connected={connected.value}>
          {connected.value ? 'Connected' : 'Not connected'}
        </span>
        <LoginButton />
        <button
          type="button"
          class="plain"
          aria-label="Night mode"
          aria-pressed={night.value}
          aria-keyshortcuts="n"
          title="Red night mode (n)"
          onClick={() => (night.value = !night.value)}
        >
          <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
            <path d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z" fill="currentColor" />
          </svg>
          <span class="widest">Night mode</span>
        </button>
        <button
          type="button"
          class="plain"
          aria-label="Keys"
          aria-keyshortcuts="?"
          title="Keys (?)"
          onClick={() => (helpShown.value = true)}
        >
          ?
        </button>
      </div>
    </header>
  );
}

interface ViewLinkProps {
  readonly name: string;
  readonly label: string;
  readonly isChosen: boolean;
}

function ViewLink({ name, label, isChosen }: ViewLinkProps) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    // On a phone not all of them fit.
    if (isChosen) link.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [isChosen]);
  return (
    <a ref={link} href={`#${name}`} aria-current={isChosen ? 'page' : undefined}>
      {label}
      {name === 'messages' ? <Unread /> : null}
    </a>
  );
}

function Unread() {
  const count = unreadMessages.value;
  if (count === 0) return null;
  return (
    <span class="unread">
      {count}
      <span class="unseen"> unread</span>
    </span>
  );
}

function Recording() {
  if (!connected.value) {
    return (
      <span class="recording" data-on={false}>
        Recording not known
      </span>
    );
  }
  const all = cameras.value;
  const recording = all.filter(({ session }) => session !== null);
  const longest = Math.max(0, ...recording.map((camera) => camera.seconds));
  const isFailing = recording.some(({ diskFails }) => diskFails);
  const words = isFailing
    ? 'Not on disk'
    : all.length > 1
      ? `Recording ${recording.length} of ${all.length}`
      : 'Recording';
  return (
    <span class="recording" data-on={recording.length > 0}>
      {recording.length > 0 ? (
        <>
          <span class="unseen">{words} for </span>
          <span class="wide" aria-hidden="true">
            {words}
          </span>
          {runningText(longest)}
        </>
      ) : (
        'Not recording'
      )}
    </span>
  );
}
