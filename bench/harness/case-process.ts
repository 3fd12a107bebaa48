/** One case of a benchmark: MODULE-URL INDEX OPTIONS. Prints its samples as JSON. Ends with its parent. */
import { type BenchModule, type BenchOptions, measure } from '../harness.js';

process.stdin.on('end', () => process.exit(1)).resume();
// What a case left is taken away when the process ends, so it must end by exit().
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

const [module = '', index = '', words = ''] = process.argv.slice(2);
const options = JSON.parse(words) as BenchOptions;
const { cases } = (await import(module)) as BenchModule;
const one = cases[Number(index)];
if (one === undefined) throw new Error(`${module} has no case ${index}`);
const samples = await measure(one, options);
process.stdout.write(JSON.stringify(samples), () => process.exit(0));
