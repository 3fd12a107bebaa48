/** What a person is told of a camera whose frames cannot be recorded. */
import { isRecordable, pixelFormatByName } from '#pipeline/wire/pixel-formats.js';

/** `name`: the format that is set; `offered`: the formats that the camera has now, as it names them. */
export function refusedFormatText(name: string, offered: readonly string[]): string {
  const good = offered.filter((each) => {
    const format = pixelFormatByName(each);
    return format !== undefined && isRecordable(format);
  });
  const [first] = good;
  const what = `the camera sends pixel format ${name}, which is not recorded (mono, Bayer, RGB8 and BGR8 are)`;
  return first === undefined
    ? `${what}, and it offers no other that is`
    : `${what}: choose one that it has, such as --set PixelFormat=${first} (${good.join(', ')})`;
}
