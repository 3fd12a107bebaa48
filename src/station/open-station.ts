/** Starts a station: the acquisition thread and, where raw sockets are asked for, the one thread that may load raw-socket. */
import { rawThread } from '#pipeline/receive/raw-thread.js';
import type { AcquisitionThreadData } from './messages.js';
import { Station } from './station.js';

export function openStation(data: Omit<AcquisitionThreadData, 'rawThread'>): Station {
  const port = data.settings['camera.receiver'] === 'raw' ? rawThread().port : null;
  return new Station({ ...data, rawThread: port }, port === null ? [] : [port]);
}
