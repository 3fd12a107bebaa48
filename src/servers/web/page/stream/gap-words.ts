/** What the cause of a gap means, and what to do about it. */
import type { GapCause } from '#storage/frame-record.js';

export interface GapWords {
  readonly title: string;
  readonly means: string;
  readonly toDo: string;
}

export const GAP_WORDS: Readonly<Record<GapCause, GapWords>> = {
  'ring-full': {
    title: 'No memory free',
    means: 'Frames came faster than they were worked off, the ring was full, and whole frames were dropped.',
    toDo: 'Close what else runs on the machine, lower the frame rate or the region, or give the ring more memory.',
  },
  network: {
    title: 'Lost on the network',
    means: 'Packets did not arrive, not even when they were asked for again.',
    toDo: 'Run appulse doctor: socket buffers, jumbo frames and the queues of the network card are the usual causes.',
  },
  camera: {
    title: 'Not sent by the camera',
    means: 'The camera counted frames that it never sent.',
    toDo: 'Lower its rate or give it a larger share of the link; look at its supply and cable.',
  },
  'camera-lost': {
    title: 'Camera lost',
    means: 'The camera stopped answering. How many frames that cost cannot be known.',
    toDo: 'Look at its supply and its cable. The station goes on trying by itself.',
  },
  failover: {
    title: 'Changed to the other camera',
    means: 'The first camera was lost and its fallback took over.',
    toDo: 'Look at the supply and the cable of the first one.',
  },
  control: {
    title: 'Stood still for a setting',
    means: 'A control was set that makes the camera begin anew. No frames were made meanwhile.',
    toDo: 'Nothing. Set such controls before the event.',
  },
  disk: {
    title: 'Not written to disk',
    means: 'The frames arrived, and the disk was too slow, full or gone.',
    toDo: 'Look at the free space; appulse doctor measures what the disk can take.',
  },
  worker: {
    title: 'A worker failed',
    means: 'The frames arrived, and the worker that had them ended or gave an error.',
    toDo: 'The messages hold its reason. If it happens again, please report it.',
  },
  untriggered: {
    title: 'Not wanted by a trigger',
    means: 'The frames arrived, and no trigger asked for them.',
    toDo: 'Nothing: this is how the session was set up.',
  },
  crash: {
    title: 'Lost in a crash',
    means: 'The program or the machine ended while it had the frames in hand.',
    toDo: 'appulse recover brings back what can be; this is what could not be.',
  },
};
