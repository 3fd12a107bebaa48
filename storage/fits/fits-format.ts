/** FITS as a format of recording: a segment is a multi-extension file, a frame an HDU of it. */
import type { FormatName, RecordingFormat } from '../formats/recording-format.js';
import { BLOCK_BYTES } from './cards.js';
import { layoutFrameHdu } from './hdu-layout.js';
import { writeFrameHeader } from './image-hdu.js';
import { primaryHdu } from './primary-hdu.js';

function fitsFormat(name: Extract<FormatName, 'fits' | 'fits-raw'>): RecordingFormat {
  return {
    name,
    extension: 'fits',
    encoding: name === 'fits' ? 'rice' : 'raw',
    interleaved: false,
    blockBytes: BLOCK_BYTES,
    needsFrameList: false,
    layout: ({ width, height, sampleBytes, planes }) => layoutFrameHdu(width, height, name, sampleBytes, planes),
    writeFrame: (target, record, { rowBytes, tailOffset, sum }) => {
      const { paddingBytes, dataSum } = writeFrameHeader(
        target,
        record,
        rowBytes === null ? { kind: 'raw', sum } : { kind: 'rice', rowBytes, sum },
      );
      target.fill(0, tailOffset, tailOffset + paddingBytes);
      return { tailBytes: paddingBytes, dataSum };
    },
    begin: (segment) => ({ start: primaryHdu(segment), added: () => {}, end: () => null }),
  };
}

export const fitsRice = fitsFormat('fits');
export const fitsRaw = fitsFormat('fits-raw');
