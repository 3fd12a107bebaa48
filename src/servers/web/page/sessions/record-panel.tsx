/** Starting and stopping: what is written about a session before it begins; while it goes on, what it is and the way to end it. */
import { useState } from 'preact/hooks';
import { FRAME_TYPES } from '#storage/frame-record.js';
import { cameras } from '../live/connection.js';
import { startSession, stopSession } from './archive-client.js';
import { ChoiceField, Failure, NotesField, orNull, TextField } from './field.js';
import { lengthText } from './instants.js';
import { chosenSession, edits, lastObserver, rememberObserver } from './sessions-state.js';
import { useWork } from './work.js';

export function RecordPanel() {
  const recording = cameras.value.filter(({ session }) => session !== null);
  const isAnyIdle = cameras.value.some(({ session }) => session === null);
  return (
    <section class="panel" aria-label="Recording">
      <h2>Recording</h2>
      {recording.map((state) => (
        <Running
          key={state.camera}
          camera={state.camera}
          model={state.model}
          session={state.session ?? ''}
          seconds={state.seconds}
          frames={state.frames.recorded}
        />
      ))}
      {cameras.value.length === 0 && <p class="quiet">The station has told of no camera yet.</p>}
      {isAnyIdle && <StartForm />}
    </section>
  );
}

interface RunningProps {
  readonly camera: number;
  readonly model: string;
  readonly session: string;
  readonly seconds: number;
  readonly frames: number;
}

function Running({ camera, model, session, seconds, frames }: RunningProps) {
  const [asks, setAsks] = useState(false);
  const { busy, failed, run } = useWork();
  const stop = () =>
    run(async () => {
      await stopSession(camera);
      setAsks(false);
      edits.value++;
    });
  return (
    <div class="running">
      <p>
        <span class="lamp" aria-hidden="true" /> {model} has recorded for{' '}
        {lengthText(BigInt(Math.floor(seconds)) * 1_000_000_000n)}, {frames.toLocaleString('en')} frames
      </p>
      <div class="buttons">
        <button type="button" onClick={() => (chosenSession.value = session)}>
          Look into it
        </button>
        {asks ? (
          <>
            <button type="button" class="primary" disabled={busy} onClick={stop}>
              Yes, stop
            </button>
            <button type="button" onClick={() => setAsks(false)}>
              Go on recording
            </button>
          </>
        ) : (
          <button type="button" onClick={() => setAsks(true)}>
            Stop
          </button>
        )}
      </div>
      <Failure text={failed} />
    </div>
  );
}

function StartForm() {
  const [name, setName] = useState('');
  const [object, setObject] = useState('');
  const [observer, setObserver] = useState(lastObserver);
  const [notes, setNotes] = useState('');
  const [frameType, setFrameType] = useState('light');
  const idle = cameras.value.filter(({ session }) => session === null);
  const isWhole = idle.length === cameras.value.length;
  const [wanted, setWanted] = useState('all');
  const camera = isWhole
    ? wanted
    : idle.some((each) => String(each.camera) === wanted)
      ? wanted
      : String(idle[0]?.camera);
  const { busy, failed, run } = useWork();
  const start = (event: Event) => {
    event.preventDefault();
    void run(async () => {
      await startSession({
        camera: camera === 'all' ? null : Number(camera),
        name: orNull(name),
        object: orNull(object),
        observer: orNull(observer),
        notes: orNull(notes),
        frameType,
      });
      rememberObserver(observer.trim());
      edits.value++;
    });
  };
  return (
    <form noValidate autocomplete="off" onSubmit={start}>
      <div class="fields">
        <TextField label="Name" value={name} onChange={setName} />
        <TextField label="Object" value={object} onChange={setObject} placeholder="(433) Eros" />
        <TextField label="Observer" value={observer} onChange={setObserver} />
        <ChoiceField
          label="Frames"
          value={frameType}
          onChange={setFrameType}
          choices={FRAME_TYPES.map((type) => [type, type])}
        />
        {cameras.value.length > 1 && (
          <ChoiceField
            label="Camera"
            value={camera}
            onChange={setWanted}
            choices={[
              ...(isWhole ? [['all', 'all cameras'] as const] : []),
              ...idle.map((each) => [String(each.camera), `${each.camera + 1}: ${each.model}`] as const),
            ]}
          />
        )}
      </div>
      <NotesField label="Notes" value={notes} onChange={setNotes} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={busy}>
          Start recording
        </button>
      </div>
      <Failure text={failed} />
    </form>
  );
}
