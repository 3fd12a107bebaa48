/** The last hour of the watched camera by minute, as the station kept it; asked for again some times a minute. */
import { effect, signal, untracked } from '@preact/signals';
import type { MinuteState } from '#src/servers/web/history/camera-history.js';
import { api } from '../api-client.js';
import { connected, watched } from './connection.js';

const EVERY_MS = 15_000;

/** By camera, oldest minute first. */
export const histories = signal<ReadonlyMap<number, readonly MinuteState[]>>(new Map());

async function ask(camera: number): Promise<void> {
  try {
    const { minutes } = await api.get<{ readonly minutes: readonly MinuteState[] }>(`/cameras/${camera}/history`);
    histories.value = new Map(histories.value).set(camera, minutes);
  } catch {
    // The station is away: the connection says so, and what was asked for before still stands.
  }
}

effect(() => {
  if (!connected.value) return;
  const camera = watched.value;
  untracked(() => ask(camera));
  const timer = setInterval(() => {
    if (!document.hidden) ask(camera);
  }, EVERY_MS);
  return () => clearInterval(timer);
});
