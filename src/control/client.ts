/** Asks a running station over its control socket. */
import { connect } from 'node:net';
import { PackrStream, UnpackrStream } from 'msgpackr';
import { AppulseError } from '#gps/errors.js';
import { UsageError } from '#src/config/usage-error.js';
import { answerSchema, type ControlRequest } from './calls.js';
import { controlSocketPath } from './socket-path.js';

/**
 * The station's answer to one call.
 * @throws UsageError where the station takes the call for a mistake of the user; AppulseError `control.no-station` when none runs on this data folder, `control.no-answer` when it is silent for
 *   `timeoutMs`, or the code of the error that the station answers
 */
export function callStation(
  dataFolder: string,
  request: Omit<ControlRequest, 'id'>,
  timeoutMs = 5_000,
): Promise<unknown> {
  const socket = connect(controlSocketPath(dataFolder));
  return new Promise((done, failed) => {
    const fail = (error: AppulseError) => {
      socket.destroy();
      failed(error);
    };
    const timer = setTimeout(
      () =>
        fail(
          new AppulseError(
            'control.no-answer',
            `the station on ${dataFolder} did not answer within ${timeoutMs / 1000} s`,
          ),
        ),
      timeoutMs,
    );
    socket.once('error', (cause) =>
      fail(new AppulseError('control.no-station', `no station runs on the data folder ${dataFolder}`, { cause })),
    );
    socket.once('close', () => {
      clearTimeout(timer);
      failed(
        new AppulseError('control.no-answer', `the station on ${dataFolder} closed the connection without an answer`),
      );
    });
    const requests = new PackrStream({ useRecords: true });
    requests.pipe(socket);
    socket.pipe(new UnpackrStream({ useRecords: true })).on('data', (record: unknown) => {
      const answer = answerSchema.safeParse(record);
      if (!answer.success)
        fail(new AppulseError('control.no-answer', `what answers on ${dataFolder} is not a station`));
      else if (answer.data.error) fail(errorOf(answer.data.error));
      else {
        done(answer.data.value);
        socket.destroy();
      }
    });
    requests.write({ id: 1, ...request } satisfies ControlRequest);
  });
}

function errorOf({ code, message }: { readonly code: string; readonly message: string }): AppulseError {
  return code.startsWith('usage.')
    ? new UsageError(code as `usage.${string}`, message)
    : new AppulseError(code, message);
}
