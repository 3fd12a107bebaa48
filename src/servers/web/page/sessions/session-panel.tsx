/** One session: what it is, its frames, its audit, and what people wrote about it. */
import { useState } from 'preact/hooks';
import { counted } from '../figures/amounts.js';
import { sessionChanges } from '../live/connection.js';
import { editSession, type SessionDetails, type SessionText, sessionDetails } from './archive-client.js';
import { useAsked } from './asked.js';
import { AuditPanel } from './audit-panel.js';
import { Failure, NotesField, orNull, TextField } from './field.js';
import { FrameBrowser } from './frame-browser.js';
import { dateAndTime } from './instants.js';
import { SessionGaps } from './session-gaps.js';
import { sessionTitle, shortId } from './session-title.js';
import { edits } from './sessions-state.js';
import { useWork } from './work.js';

const PARTS = { frames: 'Frames', gaps: 'Gaps', audit: 'Audit', text: 'Edit' } as const;

export function SessionPanel({ id }: { readonly id: string }) {
  const [part, setPart] = useState<keyof typeof PARTS>('frames');
  const { answer, failed } = useAsked((signal) => sessionDetails(id, signal), [id, sessionChanges.value, edits.value]);
  const session = answer?.session.id === id ? answer.session : null;
  return (
    <section class="panel" aria-label="Session">
      <div class="heading">
        <h2>{session === null ? shortId(id) : sessionTitle(session)}</h2>
        <fieldset class="segments" aria-label="What is shown of the session">
          {(Object.keys(PARTS) as (keyof typeof PARTS)[]).map((each) => (
            <button key={each} type="button" aria-pressed={each === part} onClick={() => setPart(each)}>
              {PARTS[each]}
            </button>
          ))}
        </fieldset>
      </div>
      {answer !== null && session !== null && (
        <>
          <Facts details={answer} />
          {part === 'frames' && <FrameBrowser key={id} session={session} />}
          {part === 'gaps' && <SessionGaps session={id} />}
          {part === 'audit' && <AuditPanel key={id} session={id} />}
          {part === 'text' && <TextForm key={id} details={answer} />}
        </>
      )}
      <Failure text={failed} />
    </section>
  );
}

function Facts({ details: { session, cameras, grades, gaps } }: { readonly details: SessionDetails }) {
  const byGrade = Object.entries(grades).map(([grade, frames]) => `${frames.toLocaleString('en')} ${grade}`);
  const byCause = gaps.map(
    ({ cause, gaps: number, frames }) =>
      `${cause}: ${frames === 0 ? 'an unknown number of frames' : counted(frames, 'frame')} in ${counted(number, 'gap')}`,
  );
  const facts: readonly (readonly [string, string | null])[] = [
    ['began', `${dateAndTime(session.startedUtcNs, 3)} UTC`],
    ['ended', session.endedUtcNs === null ? null : `${dateAndTime(session.endedUtcNs, 3)} UTC`],
    ['camera', cameras.map(({ name, serial }) => `${name} ${serial}`).join(', ')],
    ['object', session.object],
    ['observer', session.observer],
    ['times', byGrade.join(', ')],
    ['gaps', byCause.length === 0 ? 'none' : byCause.join('; ')],
    ['folder', session.folder],
    ['notes', session.notes],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, text]) =>
        text === null || text === '' ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function TextForm({ details: { session } }: { readonly details: SessionDetails }) {
  const [name, setName] = useState(session.name ?? '');
  const [object, setObject] = useState(session.object ?? '');
  const [observer, setObserver] = useState(session.observer ?? '');
  const [notes, setNotes] = useState(session.notes ?? '');
  const [before, setBefore] = useState<SessionText>(session);
  const [saved, setSaved] = useState(false);
  const { busy, failed, run } = useWork();
  const save = (event: Event) => {
    event.preventDefault();
    setSaved(false);
    void run(async () => {
      const text = { name: orNull(name), object: orNull(object), observer: orNull(observer), notes: orNull(notes) };
      // What was not touched here may have been edited elsewhere meanwhile.
      const changed = Object.fromEntries(
        Object.entries(text).filter(([field, now]) => now !== before[field as keyof SessionText]),
      );
      if (Object.keys(changed).length > 0) await editSession(session.id, changed);
      setBefore(text);
      setSaved(true);
      edits.value++;
    });
  };
  return (
    <form noValidate autocomplete="off" onSubmit={save}>
      <div class="fields">
        <TextField label="Name" value={name} onChange={setName} />
        <TextField label="Object" value={object} onChange={setObject} />
        <TextField label="Observer" value={observer} onChange={setObserver} />
      </div>
      <NotesField label="Notes" value={notes} onChange={setNotes} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={busy}>
          Save
        </button>
        <span role="status">{saved ? 'saved' : ''}</span>
      </div>
      <Failure text={failed} />
    </form>
  );
}
