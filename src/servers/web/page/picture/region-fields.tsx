/** The drawn region in numbers, and the way to make the camera read that part alone. */
import { signal } from '@preact/signals';
import { watched } from '../live/connection.js';
import { type CameraAnswer, setCameraRegion } from './camera-region.js';
import { drawing, type Region, region, setRegion } from './region-state.js';

const FIELDS = [
  ['x', 'Column'],
  ['y', 'Row'],
  ['width', 'Width'],
  ['height', 'Height'],
] as const satisfies readonly (readonly [keyof Region, string])[];

const answer = signal<CameraAnswer | null>(null);
const asking = signal(false);

export function RegionFields() {
  if (!drawing.value) return null;
  const drawn = region.value;
  if (drawn === null) return <p class="region-fields">Drag a rectangle on the picture.</p>;
  const set = async () => {
    asking.value = true;
    answer.value = await setCameraRegion(watched.value, drawn);
    asking.value = false;
  };
  return (
    <form
      class="region-fields"
      noValidate
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void set();
      }}
    >
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
          region.value = null;
          answer.value = null;
        }}
      >
        Clear
      </button>
      <p role="status" class={answer.value?.good === false ? 'refused' : undefined}>
        {answer.value?.words ?? ''}
      </p>
    </form>
  );
}
