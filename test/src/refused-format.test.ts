import * as assert from 'uvu/assert';
import { readGeometry } from '#src/cameras/gige-vision/camera-features.js';
import { errorOf, memoryCamera, register } from '#test/support/memory-camera.js';
import { test } from '#test/support/test.js';

const CODES = { Mono8: 0x01080001, MakersOwn: 0x81080042, RGB8: 0x02180014, YUV422_8: 0x02100032 } as const;

/** A camera with such formats, set to the first of them. */
function camera(...formats: (keyof typeof CODES)[]) {
  const entries = formats.map((name) => `<EnumEntry Name="${name}"><Value>${CODES[name]}</Value></EnumEntry>`).join('');
  const made = memoryCamera(
    `<Enumeration Name="PixelFormat">${entries}<pValue>FormatReg</pValue></Enumeration>
     <Integer Name="Width"><Value>20</Value></Integer><Integer Name="Height"><Value>10</Value></Integer>
     ${register('FormatReg', 0)}`,
  );
  made.memory.setUint32(0, CODES[formats[0] ?? 'Mono8']);
  return made.map;
}

test('a format that is not recorded is refused with the ones that the camera has and that are', async () => {
  const said = await errorOf(readGeometry(camera('YUV422_8', 'MakersOwn', 'RGB8', 'Mono8')));
  assert.match(said, /^camera\.pixel-format: .*YUV422_8.*such as --set PixelFormat=RGB8 \(RGB8, Mono8\)$/);
  const own = await errorOf(readGeometry(camera('MakersOwn', 'Mono8')));
  assert.match(own, 'MakersOwn (0x81080042), which is not recorded');
  assert.match(await errorOf(readGeometry(camera('YUV422_8'))), 'it offers no other that is');
  const { pixelFormat, payloadBytes } = await readGeometry(camera('RGB8'));
  assert.equal([pixelFormat.name, payloadBytes], ['RGB8', 600]);
});

test.run();
