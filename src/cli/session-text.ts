/** What `appulse sessions show` prints. */
import { GRADES } from '#gps/frame-time.js';
import { formatUtc } from '#gps/instant.js';
import type { SessionDetails } from '#src/archive/session-details.js';
import { formatSize } from '#src/config/units.js';
import { printTable } from './command-line.js';
import { withoutControls } from './terminal-text.js';

export function printSession({ session, cameras, grades, gaps, segments, stacks, marks }: SessionDetails): void {
  const say = (title: string, text: string | null): void => {
    if (text !== null) process.stdout.write(`${title.padEnd(14)}${withoutControls(text)}\n`);
  };
  say('session', session.id);
  say('name', session.name);
  say('state', session.state);
  say('started', `${formatUtc(session.startedUtcNs, 3)} UTC`);
  say('ended', session.endedUtcNs === null ? null : `${formatUtc(session.endedUtcNs, 3)} UTC`);
  say('object', session.object);
  say('observer', session.observer);
  say('telescope', session.telescope);
  say('site', session.site);
  say('notes', session.notes);
  say('station', `${session.stationName} (${session.stationId})`);
  for (const camera of cameras) say('camera', `${camera.name}, ${camera.uri} (${camera.id})`);
  say('folder', session.folder);
  say('software', session.software);
  say(
    'frames',
    `${session.framesRecorded} recorded (${session.framesIncomplete} incomplete), ${session.framesLost} lost, ${session.framesNotRecorded} not recorded, ${session.framesDestroyed} destroyed`,
  );
  say(
    'size',
    `${formatSize(session.bytes)}${session.maxBytes ? `, rolling within ${formatSize(session.maxBytes)}` : ''}`,
  );
  const byGrade = GRADES.flatMap((grade) => (grades[grade] === undefined ? [] : [`${grades[grade]} ${grade}`]));
  say('times', byGrade.length === 0 ? null : byGrade.join(', '));
  for (const { cause, gaps: count, frames } of gaps) {
    say('gaps', `${cause}: ${count} ${count === 1 ? 'gap' : 'gaps'}, ${frames} frames known to be missing`);
  }
  for (const mark of marks) {
    say('mark', `${formatUtc(mark.fromUtcNs, 3)} to ${formatUtc(mark.toUtcNs, 3)}, ${mark.cause}: ${mark.detail}`);
  }
  if (segments.length > 0) {
    process.stdout.write('\n');
    printTable(
      ['segment', 'file', 'format', 'state', 'frames', 'size'],
      segments.map((s) => [s.number, s.file, s.format, s.state, s.frames, formatSize(s.bytes)]),
    );
  }
  if (stacks.length > 0) {
    process.stdout.write('\n');
    printTable(
      ['stack', 'file', 'format', 'first frame', 'last frame', 'start (UTC)', 'size'],
      stacks.map((s) => [
        s.number,
        s.file,
        s.format,
        s.firstFrame,
        s.lastFrame,
        formatUtc(s.startUtcNs, 3),
        s.bytes === 0 ? 'expired' : formatSize(s.bytes),
      ]),
    );
  }
}
