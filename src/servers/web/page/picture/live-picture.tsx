/** The live image: what is chosen of it, the region that is drawn on it, and the hold. */
import { HOLD_SECONDS } from '#src/servers/web/live/hold-seconds.js';
import { ChoiceList, type Choices } from '../components/choice-list.js';
import { holdSeconds, plane, watch, watched } from '../live/connection.js';
import { liveViewer, tellShown } from './live-viewer.js';
import { Picture } from './picture.js';
import { RegionFields } from './region-fields.js';

export function LivePicture() {
  return (
    <Picture
      viewer={liveViewer}
      label="Live image"
      waiting="Waiting for the first frame"
      planeChoice={<PlaneChoice />}
      hasRegion
      painted={tellShown}
    >
      <RegionFields />
    </Picture>
  );
}

function PlaneChoice() {
  const chosen = holdSeconds.value > 0 ? String(holdSeconds.value) : plane.value;
  const choose = (value: string) => {
    if (value === 'mean' || value === 'maximum') watch(watched.value, value, 0);
    else watch(watched.value, 'maximum', Number(value));
  };
  return <ChoiceList name="What is shown" value={chosen} choices={PLANE_CHOICES} onChange={choose} />;
}

const PLANE_CHOICES: Choices = [
  ['mean', 'mean'],
  ['maximum', 'maximum'],
  ...HOLD_SECONDS.map((seconds): Choices[number] => [
    String(seconds),
    `maximum of the last ${seconds < 60 ? `${seconds} s` : `${seconds / 60} min`}`,
  ]),
];
