/** Records ADV until it is killed, and says how many frames are indexed. Ends with its parent (standard input closes). */
import { openDataFolder } from '#storage/folder/data-folder.js';
import { recordAdv } from './adv-sample.js';

process.stdin.on('end', () => process.exit(1)).resume();
const [, , path = ''] = process.argv;
await openDataFolder(path);
const { recorder, record } = await recordAdv(path);
for (let number = 1; ; number++) {
  await record(number);
  process.stdout.write(`${recorder.status().framesIndexed}\n`);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
