/**
 * Station codes as RMS and the Global Meteor Network have them: two letters of the country, then four letters or digits
 * (`US001A`). To RMS each camera is a station, so each has a code of its own.
 */

const CODE = /^[A-Z]{2}[A-Z0-9]{4}$/;

export function isStationCode(text: string): boolean {
  return CODE.test(text);
}

/**
 * The code of a station that was given none: its name where that is one, else `XX`, which is no country, and the first four letters
 * or digits of the name, zeros before them where it has fewer: `station` is XXSTAT, `n7` is XX00N7.
 */
function derived(name: string): string {
  const plain = name
    .normalize('NFD')
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '');
  return isStationCode(plain) ? plain : `XX${plain.slice(0, 4).padStart(4, '0')}`;
}

/**
 * The code of a station's camera number `camera`, from 0: the one that was given for it; else the first one (given, or made from the
 * station's name), whose last place becomes the camera's number, from 2 on for the second.
 */
export function stationCodeOf(codes: readonly string[] | null, name: string, camera: number): string {
  const given = codes?.[camera];
  if (given !== undefined) return given;
  const first = codes?.[0] ?? derived(name);
  return camera === 0 ? first : `${first.slice(0, 5)}${(camera + 1).toString(36).toUpperCase()}`;
}
