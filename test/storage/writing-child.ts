/** Records until it is killed, and says how many frames are indexed. Ends with its parent (standard input closes). */

import { openDataFolder } from '#storage/folder/data-folder.js';
import { hduBytes, sampleRecorder } from './sample-session.js';

process.stdin.on('end', () => process.exit(1)).resume();
const [, , path = '', framesInSegment = '50'] = process.argv;
await openDataFolder(path);
const { recorder, record } = await sampleRecorder(path, {
  segmentBytes: Number(framesInSegment) * hduBytes(64, 48),
});
for (let number = 1; ; number++) {
  await record(number);
  process.stdout.write(`${recorder.status().framesIndexed}\n`);
  await new Promise((resolve) => setTimeout(resolve, 3));
}
