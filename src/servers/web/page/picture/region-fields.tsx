/** The drawn region in numbers, and the way to make the camera read that part alone. */
import { signal } from '@preact/signals';
import { watched } from '../live/connection.js';
import { type CameraAnswer, resetCameraRegion, setCameraRegion } from './camera-region.js';
import { drawing, drawnRegion, setRegion } from './region-state.js';
import type { Region } from './shown-frame.js';

const FIELDS = [
  ['x', 'Column'],
  ['y', 'Row'],
  ['width', 'Width'],
  ['height', 'Height'],
] as const satisfies readonly (readonly [keyof Region, string])[];

const answer = signal<CameraAnswer | null>(null);
const asking = signal(false);

async function ask(request: Promise<CameraAnswer>): Promise<void> {
  asking.value = true;
  answer.value = await request;
  asking.value = false;
  // It was drawn on what the camera read before.
  if (answer.value.good) drawnRegion.value = null;
}

export function RegionFields() {
  if (!drawing.value) return null;
  const drawn = drawnRegion.value;
  return (
    <form
      class="region-fields"
      noValidate
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (drawn !== null) void ask(setCameraRegion(watched.value, drawn));
      }}
    >
      {drawn === null ? <p>Drag a rectangle on the picture.</p> : <Drawn drawn={drawn} />}
      <button type="button" disabled={asking.value} onClick={() => void ask(resetCameraRegion(watched.value))}>
        Read the whole sensor
      </button>
      <p role="status" class={answer.value?.good === false ? 'refused' : undefined}>
        {answer.value?.words ?? ''}
      </p>
    </form>
  );
}

function Drawn({ drawn }: { readonly drawn: Region }) {
  return (
    <>
      {FIELDS.map(([name, label]) => (
        <label key={name}>
          {label}{' '}
          <input
            type="number"
            min={0}
            step={1}
            value={drawn[name]}
            onChange={(event) => {
              const value = event.currentTarget.valueAsNumber;
              if (Number.isFinite(value)) setRegion({ ...drawn, [name]: value });
            }}
          />
        </label>
      ))}
      <button type="submit" disabled={asking.value}>
        Set as camera region
      </button>
      <button
        type="button"
        onClick={() => {
          drawnRegion.value = null;
          answer.value = null;
        }}
      >
        Clear
      </button>
    </>
  );
}
