/** Parameters that several routes share. Those of a query come as text. */
import { z } from 'zod';
import { cameraNumberSchema } from '#src/station/station-state.js';
import { STRETCHES } from '../live/stretch.js';
import { keySchema } from './rows-schema.js';
import { sessionWord } from './selection-schema.js';

/** A whole number in a query, 0 to `most`. */
export const wholeNumber = (most: number, least = 0) => z.coerce.number().int().min(least).max(most);

export const cameraParams = z.object({
  camera: z.coerce.number().pipe(cameraNumberSchema).meta({ description: 'number of the camera, from 0' }),
});
export const sessionParams = z.object({ session: sessionWord });
export const frameParams = sessionParams.extend({ frame: keySchema.transform((text) => BigInt(text)) });

const LARGEST_SIDE = 65_535;
export const regionShape = {
  x: wholeNumber(LARGEST_SIDE).optional().meta({ description: 'first column, from 0' }),
  y: wholeNumber(LARGEST_SIDE).optional().meta({ description: 'first row, from 0' }),
  width: wholeNumber(LARGEST_SIDE, 1).optional().meta({ description: 'columns' }),
  height: wholeNumber(LARGEST_SIDE, 1).optional().meta({ description: 'rows' }),
};

export const stretchShape = {
  stretch: z.enum(STRETCHES).default('auto'),
  black: wholeNumber(LARGEST_SIDE)
    .optional()
    .meta({ description: 'pixel value that is black; left out: of the picture' }),
  white: wholeNumber(LARGEST_SIDE)
    .optional()
    .meta({ description: 'pixel value that is white; left out: of the picture' }),
};
/** For `refine` of a query with the stretch's shape: above white, black leaves nothing to see. */
export const levelsRise = ({
  black,
  white,
}: {
  readonly black?: number | undefined;
  readonly white?: number | undefined;
}): boolean => black === undefined || white === undefined || black < white;
export const LEVELS_RISE = { path: ['white'], error: 'white has to be above black' };

export const planeSchema = z
  .enum(['mean', 'maximum'])
  .default('mean')
  .meta({ description: 'what a pixel of the picture is of those behind it' });
