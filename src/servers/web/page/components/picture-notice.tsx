/** Why there is no picture, or why it does not move: said calmly, with its age and with what to do. */
import { formatUtc } from '#gps/instant.js';
import { lastingText } from '../figures/spans.js';
import { cameras, connected, frame, status, watched } from '../live/connection.js';
import { frameCameAt, seconds } from '../live/station-time.js';

/** A camera that exposes for long is not late before this. */
const LATE_SECONDS = 10;

interface Notice {
  readonly title: string;
  readonly what: string;
}

export function PictureNotice() {
  const notice = noticeNow();
  if (notice === null) return null;
  return (
    <div class="notice">
      <strong>{notice.title}</strong>
      <p>
        {pictureAge()}
        {notice.what}
      </p>
    </div>
  );
}

function noticeNow(): Notice | null {
  const camera = cameras.value.find((each) => each.camera === watched.value);
  if (!connected.value) {
    return status.value === null
      ? { title: 'Looking for the station', what: 'The page connects by itself as soon as the station answers.' }
      : {
          title: 'Not connected',
          what: 'The page tries again by itself. If the station has ended, start it again; if not, look at the network between here and it.',
        };
  }
  if (camera === undefined) {
    return { title: 'No camera', what: 'The station has opened none yet. The messages say what it waits for.' };
  }
  if (camera.state === 'lost') {
    return {
      title: 'The camera is lost',
      what: 'The station goes on trying to reach it. Look at its supply, its cable and the messages.',
    };
  }
  if (camera.state === 'opening') return { title: 'The camera is being opened', what: 'This takes a few seconds.' };
  if (camera.state === 'stopping') return { title: 'The station ends', what: 'What was recorded is being closed.' };
  if (frame.value === null) {
    return camera.waitsForTrigger
      ? { title: 'Waiting for a trigger', what: 'The camera makes a frame when its trigger comes.' }
      : { title: 'No picture yet', what: 'The first frame comes after its exposure and readout.' };
  }
  return pictureAgeSeconds() > LATE_SECONDS
    ? { title: 'No new picture', what: 'A long exposure or a missing trigger can be the cause.' }
    : null;
}

function pictureAgeSeconds(): number {
  return frameCameAt.value === null ? 0 : seconds.value - frameCameAt.value;
}

function pictureAge(): string {
  if (frame.value === null) return '';
  const { startUtcNs, leapSecond } = frame.value.time;
  const utc = formatUtc(BigInt(startUtcNs), 0, leapSecond).replace('T', ' ');
  return `The picture is that of ${utc} UTC, ${lastingText(pictureAgeSeconds())} old. `;
}
