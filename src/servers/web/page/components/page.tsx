/** The whole page: what is always seen, and the view that is chosen. */
import { effect, signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { LoginDialog } from '../access/login-dialog.js';
import { AlarmNotice } from '../alarms/alarm-notice.js';
import { ControlsView } from '../controls/controls-view.js';
import { FocusView } from '../focus/focus-view.js';
import { addShortcuts } from '../keys/shortcuts.js';
import { status } from '../live/connection.js';
import { night } from '../night/night-mode.js';
import { Announcer } from './announcer.js';
import { CameraChooser } from './camera-chooser.js';
import './components.css';
import { NightView } from '../sessions/night-view.js';
import { SessionsView } from '../sessions/sessions-view.js';
import { Header } from './header.js';
import { Help, helpShown } from './help.js';
import { LiveView } from './live-view.js';
import { MessagesView } from './messages-view.js';
import { Tooltip } from './tooltip.js';
import { UpdateNotice } from './update-notice.js';

/** A view of the page; a component of its own file each. */
export interface View {
  /** In the address, behind `#`. */
  readonly name: string;
  readonly label: string;
  readonly content: ComponentType;
}

const VIEWS: readonly View[] = [
  { name: 'live', label: 'Live', content: LiveView },
  { name: 'sessions', label: 'Sessions', content: SessionsView },
  { name: 'night', label: 'Night', content: NightView },
  { name: 'controls', label: 'Controls', content: ControlsView },
  { name: 'focus', label: 'Focus', content: FocusView },
  { name: 'messages', label: 'Messages', content: MessagesView },
];
const chosen = signal(location.hash.slice(1));
addEventListener('hashchange', () => {
  chosen.value = location.hash.slice(1);
  scrollTo(0, 0);
});

const indexOf = (name: string): number =>
  Math.max(
    0,
    VIEWS.findIndex((view) => view.name === name),
  );
const viewOf = (name: string): View | undefined => VIEWS[indexOf(name)];

function turnTo(step: number): void {
  location.hash = VIEWS[(indexOf(chosen.value) + step + VIEWS.length) % VIEWS.length]?.name ?? '';
}

effect(() => {
  document.title = `${viewOf(chosen.value)?.label ?? ''} · ${status.value?.stationName ?? 'Appulse'}`;
});

export function Page() {
  useEffect(
    () =>
      addShortcuts(
        { key: '?', does: 'Show these keys', run: () => (helpShown.value = true) },
        { key: 'n', does: 'Red night mode on and off', run: () => (night.value = !night.value) },
        { key: '<', does: 'The view before', run: () => turnTo(-1) },
        { key: '>', does: 'The view after', run: () => turnTo(1) },
      ),
    [],
  );
  const view = viewOf(chosen.value);
  const Content = view?.content;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector('main')?.focus()}>
        Skip to the view
      </button>
      <Header views={VIEWS} chosen={view?.name ?? ''} />
      <CameraChooser />
      <main tabIndex={-1}>{Content === undefined ? null : <Content />}</main>
      <UpdateNotice />
      <AlarmNotice />
      <Help />
      <LoginDialog />
      <Tooltip />
      <Announcer />
    </>
  );
}
