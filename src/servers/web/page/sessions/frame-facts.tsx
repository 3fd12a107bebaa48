/** A recorded frame: its picture, its time and what that is worth, what its pixels hold, and the way to have it as a file. */
import { type Frame, frameFile } from './archive-client.js';
import { dateAndTime, shortSpan } from './instants.js';
import { RecordedPicture } from './recorded-picture.js';

export function FrameFacts({ frame }: { readonly frame: Frame }) {
  const hasPixels = frame.state === 'on-disk';
  return (
    <div class="frame-facts">
      <figure>
        {hasPixels ? (
          <RecordedPicture frame={frame} />
        ) : (
          <p class="quiet">
            {frame.state === 'expired' ? 'Retention removed its pixels.' : 'Its pixels are not on disk.'}
          </p>
        )}
        {hasPixels && (
          <figcaption>
            <a class="button" href={frameFile(frame)} download>
              Download as FITS
            </a>
          </figcaption>
        )}
      </figure>
      <dl class="facts">
        {factsOf(frame).map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const real = (value: number | null, digits = 1) => (value === null ? '-' : value.toFixed(digits));

function factsOf(frame: Frame): readonly (readonly [string, string])[] {
  const { grade, source, flags, uncertaintyNs, packetsMissing, packetsResent, bytesMissing } = frame;
  return [
    ['start', `${dateAndTime(frame.startUtcNs, 9)} UTC${frame.leapSecond ? ' (leap second)' : ''}`],
    ['mid', `${dateAndTime(frame.midUtcNs, 9)} UTC`],
    ['end', `${dateAndTime(frame.endUtcNs, 9)} UTC`],
    ['exposure', shortSpan(frame.exposureNs)],
    ['time', `${grade}, from ${source}, within ${shortSpan(uncertaintyNs)}`],
    ['flags', flags.length === 0 ? 'none' : flags.join(', ')],
    ['pixels', `${frame.width} × ${frame.height}, ${frame.pixelFormat}, ${frame.bitDepth} bits`],
    [
      'ADU',
      `${real(frame.aduMin, 0)} to ${real(frame.aduMax, 0)}, mean ${real(frame.aduMean)}, deviation ${real(frame.aduStddev)}`,
    ],
    ['median', real(frame.aduMedian)],
    ['saturated', real(frame.saturated, 0)],
    ['block', `${frame.blockId}, ${frame.frameType}`],
    ['packets', `${packetsMissing} missing (${bytesMissing} bytes), ${packetsResent} sent again`],
    ['sensor', frame.sensorTemperatureC === null ? '-' : `${frame.sensorTemperatureC} °C, gain ${frame.gain ?? '-'}`],
    ['file', frame.file],
  ];
}
