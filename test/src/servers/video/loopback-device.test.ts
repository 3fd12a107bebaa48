import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { LoopbackDevice, VIDEODEV2, yuyvOf } from '#src/servers/video/loopback-device.js';
import { peerTest } from '#test/support/peers.js';
import { test } from '#test/support/test.js';

const PLACES = {
  capabilities: 'struct v4l2_capability, capabilities',
  deviceCapabilities: 'struct v4l2_capability, device_caps',
  width: 'struct v4l2_format, fmt.pix.width',
  height: 'struct v4l2_format, fmt.pix.height',
  pixelformat: 'struct v4l2_format, fmt.pix.pixelformat',
  field: 'struct v4l2_format, fmt.pix.field',
  bytesperline: 'struct v4l2_format, fmt.pix.bytesperline',
  sizeimage: 'struct v4l2_format, fmt.pix.sizeimage',
  colorspace: 'struct v4l2_format, fmt.pix.colorspace',
};
const SIZES = { capabilityBytes: 'struct v4l2_capability', formatBytes: 'struct v4l2_format' };

function expressionOf(name: string): string {
  if (Object.hasOwn(PLACES, name)) return `offsetof(${PLACES[name as keyof typeof PLACES]})`;
  return Object.hasOwn(SIZES, name) ? `sizeof(${SIZES[name as keyof typeof SIZES]})` : name;
}

peerTest(test, ['cc', 'linux-libc-dev'], "numbers and places are those of the kernel's own header", () => {
  const folder = mkdtempSync(join(tmpdir(), 'appulse-videodev2-'));
  try {
    const program = join(folder, 'places');
    const lines = Object.keys(VIDEODEV2).map((name) => `printf("%lu\\n", (unsigned long)(${expressionOf(name)}));`);
    const source = `#include <linux/videodev2.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {${lines.join('\n')} return 0; }\n`;
    const made = spawnSync('cc', ['-x', 'c', '-', '-o', program], { input: source, encoding: 'utf8' });
    assert.is(made.status, 0, made.stderr);
    const told = spawnSync(program, { encoding: 'utf8' }).stdout.trim().split('\n').map(Number);
    assert.equal(told, Object.values(VIDEODEV2));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what is no device that takes pictures is refused with the way to one', async () => {
  if (process.platform !== 'linux') return;
  for (const [path, code] of [
    ['/dev/null', 'video.no-output'],
    ['/dev/video-that-is-not-there', 'video.no-device'],
  ] as const) {
    const refused = await LoopbackDevice.open(path).then(
      () => null,
      (error: { code: string; message: string }) => error,
    );
    assert.is(refused?.code, code, refused?.message);
    assert.match(refused?.message ?? '', 'modprobe v4l2loopback');
  }
});

test('YUYV has the brightness of each pixel and no colour; an odd last column is left out', () => {
  const picture = yuyvOf(Uint8Array.from([0, 255, 7, 128, 51, 7]), 3, 2);
  assert.equal([...picture], [16, 128, 235, 128, 126, 128, 60, 128]);
});

test.run();
