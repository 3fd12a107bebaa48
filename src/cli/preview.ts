/** `appulse preview`: the newest preview of a running station, as a 16-bit image that any viewer opens. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { AppulseError } from '#gps/errors.js';
import { formatUtc } from '#gps/instant.js';
import { UsageError } from '#src/config/usage-error.js';
import { callStation } from '#src/control/client.js';
import { addSettings, command, EXIT, printJson, runCommand, settingsOf } from './command-line.js';

/** What the station answers: planes as little-endian uint16. */
const answerSchema = z.object({
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  bitDepth: z.number().int().min(1).max(16),
  frameNumber: z.number().int(),
  startUtcNs: z.union([z.bigint(), z.number().int()]),
  mean: z.instanceof(Uint8Array),
  maximum: z.instanceof(Uint8Array),
});
type Answer = z.infer<typeof answerSchema>;

/** Binary PGM with 16 bits a pixel (big-endian), full scale at the camera's depth. */
function pgm({ width, height, bitDepth }: Answer, plane: Uint8Array): Buffer {
  const head = Buffer.from(`P5\n${width} ${height}\n${2 ** Math.max(bitDepth, 9) - 1}\n`, 'latin1');
  return Buffer.concat([head, Buffer.from(plane).swap16()]);
}

function cameraNumber(word: unknown): number {
  const number = Number(word ?? 1);
  if (Number.isSafeInteger(number) && number >= 1 && number <= 64) return number;
  throw new UsageError('usage.camera-number', `--number ${word}: the number of the camera as it was named, from 1`);
}

export function previewCommand(): Command {
  const preview = command(
    'preview',
    'save the newest preview of the running station',
    'appulse preview --out sky.pgm --maximum',
  )
    .requiredOption('--out <file>', 'PGM file to write, 16 bits a pixel; overwritten')
    .option('--maximum', 'the largest pixel behind each preview pixel, instead of their mean')
    .option('--number <n>', 'of several cameras, which one (default: 1)');
  return addSettings(preview, ['recording.data']).action((options: Record<string, unknown>) =>
    runCommand(options.json === true, async () => {
      const { values } = settingsOf(options);
      const camera = cameraNumber(options.number) - 1;
      const value = await callStation(values['recording.data'], { call: 'preview', camera });
      if (value === null) {
        throw new AppulseError(
          'preview.none',
          `there is no preview of camera ${camera + 1} yet: is --preview-width 0, or has no frame come?`,
        );
      }
      const answer = answerSchema.parse(value);
      const out = String(options.out);
      writeFileSync(out, pgm(answer, options.maximum === true ? answer.maximum : answer.mean));
      const { width, height, frameNumber, startUtcNs } = answer;
      if (options.json === true) printJson({ file: out, width, height, frameNumber, startUtcNs: BigInt(startUtcNs) });
      else
        process.stdout.write(
          `${out}: frame ${frameNumber} of ${formatUtc(BigInt(startUtcNs))}, ${width} x ${height}\n`,
        );
      return EXIT.done;
    }),
  );
}
