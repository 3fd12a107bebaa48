/** Where a browser shows the token: a form without any script. It is red on black, because nobody knows yet whether it is opened in the dark. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Gate } from './gate.js';
import { senderOf } from './rate-limit.js';

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
<p>The station showed its token when it was made. <code>appulse token</code> makes a new one.</p>
<form method="post" action="login">
<input name="username" value="appulse" autocomplete="username" hidden>
${told}<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus${described}>
<button>Log in</button>
</form>
</main>
</body>
</html>
`;
}

/** `/login`, for servers that ask for a token. */
export function serveLogin(server: FastifyInstance, gate: Gate): void {
  // In a plugin of its own: no other route takes what a plain form of any page can send.
  server.register(async (login) => {
    login.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
      done(null, new URLSearchParams(String(body))),
    );
    login.get('/login', (_, reply) => html(reply, form(null)));
    login.get('/login.css', (_, reply) => reply.type('text/css; charset=utf-8').send(STYLE));
    login.get('/favicon.ico', (_, reply) => reply.code(204).send());
    login.post('/login', (request, reply) => {
      const token = request.body instanceof URLSearchParams ? (request.body.get('token') ?? '') : '';
      const refusal = gate.refusalOfToken(token.trim(), senderOf(request.ip));
      if (refusal === null) return reply.header('set-cookie', gate.loginCookie()).redirect('/', 303);
      if (refusal.retryAfter !== undefined) reply.header('retry-after', refusal.retryAfter);
      return html(reply.code(refusal.status), form(refusal.message));
    });
  });
}

function html(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(text);
}
