/** The page beside an acquisition, as the settings want it. */
import { AppulseError } from '#gps/errors.js';
import { dataFoldersOf } from '#src/config/data-folders.js';
import type { Settings } from '#src/config/settings.js';
import { UsageError } from '#src/config/usage-error.js';
import type { StationFace } from '#src/station/station-face.js';
import { isLoopback } from './access/foreign.js';
import type { Asking } from './access/gate.js';
import { PageToken } from './access/page-token.js';
import type { WebLog } from './access/refusals.js';
import { readTlsFiles } from './tls-files.js';
import { WebServer, type WebServerOptions } from './web-server.js';

/** Tried in turn where no port is named. */
const FIRST_PORT = 8_080;
const LAST_PORT = 8_179;

const ASKING_AT_LOOPBACK = { auto: 'writes', remote: 'nothing' } as const;

export interface PageOutput {
  readonly log: WebLog;
  /** A token was made: this is the only time that it can be shown. */
  readonly showToken: (token: string) => void;
}

/** The server of a station's page. @throws AppulseError `web.port`, `token.file`, `token.not-kept`, UsageError `usage.listen`, `usage.certificate`, `usage.key` */
export async function openWebServer(
  station: StationFace,
  settings: Settings,
  { log, showToken }: PageOutput,
): Promise<WebServer> {
  const { 'web.listen': host, 'web.port': port, 'web.ask-token': askToken } = settings;
  const isRemote = !isLoopback(host);
  const tls = readTlsFiles(settings, log);
  const asking: Asking = isRemote || askToken === 'always' ? 'everything' : ASKING_AT_LOOPBACK[askToken];
  const token = new PageToken();
  const options = { station, dataFolders: dataFoldersOf(settings), host, port: 0, tls, asking, token, log };
  const server = await listen(options, port);
  try {
    // Behind listening: a token is made only when it is shown.
    if (asking === 'everything' && !token.exists) showToken(token.make());
  } catch (error) {
    await server.close();
    throw error;
  }
  if (isRemote && tls === null) {
    log('warning', 'page: without TLS (--certificate, --key) the token and all else can be read on the way');
  }
  return server;
}

async function listen(options: WebServerOptions, named: number | null): Promise<WebServer> {
  for (let port = named ?? FIRST_PORT; ; port++) {
    try {
      return await WebServer.open({ ...options, port });
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || named !== null || port === LAST_PORT) throw inWords(error, options.host, named);
    }
  }
}

function inWords(cause: unknown, host: string, named: number | null): unknown {
  const at = `${host}, port ${named ?? `${FIRST_PORT} to ${LAST_PORT}`}`;
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new AppulseError('web.port', `another program listens at ${at}: name another port (--port)`, { cause });
    case 'EACCES':
      return new AppulseError(
        'web.port',
        `this user may not listen at ${at}: name a port from 1024 on (--port), or give the right to`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
      return new UsageError('usage.listen', `${host} is no address of this machine: 'ip address' lists them`, {
        cause,
      });
    default:
      return cause;
  }
}
