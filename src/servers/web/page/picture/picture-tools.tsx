/** What can be done with the picture: stretch, plane and hold, zoom, marks. */
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { STRETCHES, type Stretch } from '#src/servers/web/live/stretch.js';
import { zoomKey } from './gestures.js';
import { compass, mirrored, northDeg, reticle, saturation, stretch } from './picture-settings.js';
import { drawing } from './region-state.js';
import type { Viewer } from './viewer.js';

const LABELS: Record<Stretch, string> = { auto: 'Auto', linear: 'Linear', asinh: 'Asinh' };

interface ToolsProps {
  readonly viewer: Viewer;
  readonly planeChoice: ComponentChildren;
  readonly hasRegion: boolean;
}

export function PictureTools({ viewer: { view, tones }, planeChoice, hasRegion }: ToolsProps) {
  const { manual } = tones;
  return (
    <div class="picture-tools">
      <Group label="Stretch">
        {STRETCHES.map((name) => (
          <Choice
            key={name}
            label={LABELS[name]}
            pressed={manual.value === null && stretch.value === name}
            press={() => {
              stretch.value = name;
              manual.value = null;
            }}
          />
        ))}
        <Choice
          label="Manual"
          title="Holds black and white where they are; drag them on the histogram"
          pressed={manual.value !== null}
          press={() => {
            manual.value = tones.transfer.value;
          }}
        />
      </Group>
      {planeChoice}
      <Group label="Zoom">
        <Choice label="−" name="Zoom out" press={() => zoomKey(view, '-')} />
        <Choice label="+" name="Zoom in" press={() => zoomKey(view, '+')} />
        <Choice label="Fit" pressed={view.fits.value} press={() => zoomKey(view, '0')} />
        <Choice
          label="1:1"
          title="One pixel of the frame is one of the screen"
          pressed={view.placement.value.scale === 1 && !view.fits.value}
          press={() => zoomKey(view, '1')}
        />
      </Group>
      <Group label="Marks">
        <Mark label="Reticle" shown={reticle} />
        <Mark label="Compass" shown={compass} />
        <Mark
          label="Saturation"
          title="Marks pixels at the largest value; in the maximum not one is missed"
          shown={saturation}
        />
        {hasRegion ? <Mark label="Region" title="Drag a rectangle on the picture" shown={drawing} /> : null}
      </Group>
      {compass.value ? <CompassFields /> : null}
    </div>
  );
}

function Group({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <fieldset class="segments" aria-label={label}>
      {children}
    </fieldset>
  );
}

interface ChoiceProps {
  readonly label: string;
  /** For those who do not see the label, where it is a sign. */
  readonly name?: string;
  readonly title?: string;
  readonly pressed?: boolean;
  readonly press: () => void;
}

function Choice({ label, name, title, pressed, press }: ChoiceProps) {
  return (
    <button type="button" aria-label={name} title={title ?? name} aria-pressed={pressed} onClick={press}>
      {label}
    </button>
  );
}

function Mark({ label, title, shown }: { label: string; title?: string; shown: Signal<boolean> }) {
  const press = () => {
    shown.value = !shown.value;
  };
  return <Choice label={label} pressed={shown.value} press={press} {...(title === undefined ? {} : { title })} />;
}

function CompassFields() {
  return (
    <span class="compass-fields">
      <label>
        North at{' '}
        <input
          type="number"
          min={-360}
          max={360}
          step={0.1}
          value={northDeg.value}
          title="Degrees from the top of the picture, against the clock"
          onChange={(event) => {
            const deg = event.currentTarget.valueAsNumber;
            if (Number.isFinite(deg)) northDeg.value = deg;
          }}
        />
        °
      </label>
      <label>
        <input
          type="checkbox"
          checked={mirrored.value}
          onChange={(event) => {
            mirrored.value = event.currentTarget.checked;
          }}
        />{' '}
        mirrored
      </label>
    </span>
  );
}
