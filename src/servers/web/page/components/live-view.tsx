/** The first view: the picture, and beside it the truth about its time and its stream. */
import { ClockPanel } from '../clock/clock-panel.js';
import { LivePicture } from '../picture/live-picture.js';
import { GapPanel } from '../stream/gap-panel.js';
import { StreamPanel } from '../stream/stream-panel.js';
import { PictureNotice } from './picture-notice.js';

export function LiveView() {
  return (
    <div class="live">
      <h1 class="unseen">Live</h1>
      <div class="live-picture">
        <PictureNotice />
        <LivePicture />
      </div>
      <div class="live-side">
        <ClockPanel />
        <StreamPanel />
        <GapPanel />
      </div>
    </div>
  );
}
