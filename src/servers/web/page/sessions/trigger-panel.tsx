/** The button for the moment at which something happened: what memory holds from before it is kept, and what follows. */
import { useState } from 'preact/hooks';
import { cameras } from '../live/connection.js';
import { trigger } from './archive-client.js';
import { Failure, TextField } from './field.js';
import { lengthText, timeOfDay } from './instants.js';
import { edits } from './sessions-state.js';
import { useWork } from './work.js';

export function TriggerPanel() {
  const [note, setNote] = useState('');
  const [kept, setKept] = useState<readonly string[]>([]);
  const { busy, failed, run } = useWork();
  const isRecording = cameras.value.some(({ session }) => session !== null);
  const keep = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      setKept([]);
      const marks = await trigger(note.trim(), null);
      setKept(
        marks.map(({ camera, fromUtcNs, toUtcNs }) => {
          const length = lengthText(BigInt(toUtcNs) - BigInt(fromUtcNs));
          return `${timeOfDay(fromUtcNs, 3)} to ${timeOfDay(toUtcNs, 3)} UTC (${length}) of ${camera} is kept`;
        }),
      );
      setNote('');
      edits.value++;
    });
  };
  return (
    <section class="panel" aria-label="Trigger">
      <h2>Something happened</h2>
      <form noValidate autocomplete="off" onSubmit={keep}>
        <TextField label="Note" value={note} onChange={setNote} placeholder="bright meteor in the east" />
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy || !isRecording}>
            Keep this moment
          </button>
        </div>
      </form>
      <div role="status">
        {kept.map((line) => (
          <p key={line}>{line}</p>
        ))}
        {!isRecording && <p class="quiet">Nothing is being recorded now.</p>}
      </div>
      <Failure text={failed} />
    </section>
  );
}
