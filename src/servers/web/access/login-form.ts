/** Where a browser shows the token: a form without any script. It is red on black, because nobody knows yet whether it is opened in the dark. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Gate, KEY_PATH } from './gate.js';
import { senderOf } from './rate-limit.js';

/** Longer is neither a token nor a key. */
const MOST_CHARACTERS = 256;

const STYLE = `:root { color-scheme: dark; --ground: #000000; --text: #ff0000; --line: #800000; }
* { box-sizing: border-box; }
body {
  min-height: 100vh; margin: 0; padding: 24px; display: grid; place-items: center;
  background: var(--ground); color: var(--text); font: 16px / 1.45 system-ui, "DejaVu Sans", sans-serif;
}
main { width: min(100%, 26rem); }
h1 { margin: 0 0 8px; font-size: 20px; font-weight: 600; }
p { margin: 0 0 20px; }
label { display: block; margin-bottom: 6px; }
input, button {
  width: 100%; padding: 10px 12px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--ground); color: var(--text); font: inherit;
}
button { margin-top: 12px; border-color: var(--text); font-weight: 600; cursor: pointer; }
:focus-visible { outline: 2px solid var(--text); outline-offset: 2px; }
`;

/** `problem`: what is told about the token before. Nothing in it comes from the client. */
function form(problem: string | null): string {
  const told = problem === null ? '' : `<p id="problem" role="alert">${problem}</p>`;
  const described = problem === null ? '' : ' aria-invalid="true" aria-describedby="problem"';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Appulse: log in</title>
<link rel="stylesheet" href="login.css">
</head>
<body>
<main>
<h1>Appulse</h1>
<p>The station told its page's address with a key when it began; <code>appulse token --run</code> tells that key again. A token that <code>appulse token</code> made opens it too.</p>
<form method="post" action="login">
<input name="username" value="appulse" autocomplete="username" hidden>
${told}<label for="token">Key or token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus${described}>
<button>Log in</button>
</form>
</main>
</body>
</html>
`;
}

const loginSchema = z.object({ token: z.string().max(MOST_CHARACTERS) });

/**
 * `/login` by form, or by JSON for the page itself; `/login/KEY`, the link that the station prints; `/logout`.
 * @param changed told when a login has ended
 */
export function serveLogin(server: FastifyInstance, gate: Gate, changed: () => void): void {
  // In a plugin of its own: no other route takes what a plain form of any page can send.
  server.register(async (login) => {
    login.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    login.get('/login', (_, reply) => html(reply, form(null)));
    login.get('/login.css', (_, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
    login.get('/favicon.ico', (_, reply) => reply.code(204).send());
    login.get<{ readonly Params: { readonly key: string } }>(`${KEY_PATH}:key`, (request, reply) => {
      // The key's address is told to nobody, and kept nowhere.
      reply.headers({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
      return logIn(request, reply, request.params.key);
    });
    login.post('/login', (request, reply) => {
      const given = loginSchema.safeParse(request.body);
      return logIn(request, reply, given.success ? given.data.token.trim() : '');
    });
    login.post('/logout', (request, reply) => {
      reply.header('set-cookie', gate.logOut(request.raw));
      changed();
      return isJson(request) ? reply.send({ loggedIn: false }) : reply.redirect('/', 303);
    });
  });

  function logIn(request: FastifyRequest, reply: FastifyReply, secret: string): FastifyReply {
    const refusal = gate.refusalOf(secret, senderOf(request.ip));
    if (refusal === null) {
      reply.header('set-cookie', gate.loginCookie(secret));
      return isJson(request) ? reply.send({ loggedIn: true }) : reply.redirect('/', 303);
    }
    const { status, code, message, retryAfter } = refusal;
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
    reply.code(status);
    return isJson(request) ? reply.send({ error: { code, message } }) : html(reply, form(message));
  }
}

/** The page asks by JSON, which no form of another page can send. */
function isJson({ headers }: FastifyRequest): boolean {
  return (headers['content-type'] ?? '').startsWith('application/json');
}

function html(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(text);
}
