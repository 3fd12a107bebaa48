/** A recorded frame in the viewer of the live image: the same stretch, zoom, true pixels and times of rows. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { PreviewPlane } from '#src/servers/web/live/live-protocol.js';
import { isGivenUp, wordsOf } from '../api-client.js';
import { ChoiceList, type Choices } from '../components/choice-list.js';
import { Picture } from '../picture/picture.js';
import type { ShownFrame } from '../picture/shown-frame.js';
import { Viewer } from '../picture/viewer.js';
import { type Frame, framePreview, frameRegion } from './archive-client.js';
import { Failure } from './field.js';

/** While the slider is drawn along, pictures of what is passed are not asked for. */
const SETTLE_MS = 150;

/** The frame that is on the screen; it stays until the next one has come, so that two can be compared. */
const open = signal<{ readonly frame: Frame; readonly shown: ShownFrame } | null>(null);
const plane = signal<PreviewPlane>('mean');
const failed = signal<string | null>(null);

const shown = {
  get value() {
    return open.value?.shown ?? null;
  },
};
const pixelsOf = {
  get value() {
    return open.value === null ? null : keyOf(open.value.frame);
  },
};
const viewer = new Viewer({
  shown,
  pixelsOf,
  fetchRegion: async (region) => {
    const now = open.peek();
    if (now === null) throw new Error('no frame is open');
    return frameRegion(now.frame, region);
  },
});

const keyOf = ({ sessionId, key }: Frame) => `${sessionId} ${key}`;

export function RecordedPicture({ frame }: { readonly frame: Frame }) {
  const wanted = plane.value;
  useEffect(() => {
    const giveUp = new AbortController();
    if (open.peek()?.frame.sessionId !== frame.sessionId) {
      open.value = null;
      viewer.beginAnew();
    }
    const timer = setTimeout(
      () => {
        framePreview(frame, wanted, giveUp.signal).then(
          (preview) => {
            if (giveUp.signal.aborted) return;
            failed.value = null;
            open.value = { frame, shown: preview };
          },
          (error: unknown) => {
            if (!giveUp.signal.aborted && !isGivenUp(error)) failed.value = wordsOf(error);
          },
        );
      },
      open.peek() === null ? 0 : SETTLE_MS,
    );
    return () => {
      clearTimeout(timer);
      giveUp.abort();
    };
  }, [keyOf(frame), wanted]);
  return (
    <Picture
      viewer={viewer}
      label="Recorded frame"
      waiting="Reading the frame"
      planeChoice={<PlaneChoice />}
      painted={(canvas) => {
        canvas.dataset.frame = String(open.peek()?.shown.number ?? '');
      }}
    >
      <Failure text={failed.value} />
    </Picture>
  );
}

function PlaneChoice() {
  const choose = (value: string) => {
    plane.value = value === 'maximum' ? 'maximum' : 'mean';
  };
  return <ChoiceList name="What is shown" value={plane.value} choices={PLANE_CHOICES} onChange={choose} />;
}

const PLANE_CHOICES: Choices = [
  ['mean', 'mean'],
  ['maximum', 'maximum'],
];
