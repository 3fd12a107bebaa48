/** What can be done with the picture: stretch, plane and hold, zoom, marks. */
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { HOLD_SECONDS } from '#src/servers/web/live/hold-seconds.js';
import { STRETCHES, type Stretch } from '#src/servers/web/live/stretch.js';
import { ChoiceList, type Choices } from '../components/choice-list.js';
import { holdSeconds, plane, watch, watched } from '../live/connection.js';
import { zoomKey } from './gestures.js';
import { compass, manual, mirrored, northDeg, reticle, saturation, stretch } from './picture-settings.js';
import { transfer } from './planes.js';
import { drawing } from './region-state.js';
import { fits, placement } from './view.js';

const LABELS: Record<Stretch, string> = { auto: 'Auto', linear: 'Linear', asinh: 'Asinh' };

export function PictureTools() {
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
            manual.value = transfer.value;
          }}
        />
      </Group>
      <PlaneChoice />
      <Group label="Zoom">
        <Choice label="−" name="Zoom out" press={() => zoomKey('-')} />
        <Choice label="+" name="Zoom in" press={() => zoomKey('+')} />
        <Choice label="Fit" pressed={fits.value} press={() => zoomKey('0')} />
        <Choice
          label="1:1"
          title="One pixel of the frame is one of the screen"
          pressed={placement.value.scale === 1 && !fits.value}
          press={() => zoomKey('1')}
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
        <Mark label="Region" title="Drag a rectangle on the picture" shown={drawing} />
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
