import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { launcher } from './gateway.mjs';

/** Runs `./lastword check URL … --json`; gives its exit code and the report's object. */
export async function check(url, ...args) {
  const child = spawn(launcher, ['check', url, '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  const [code] = await once(child, 'close');
  if (!out) throw new Error(`the checker printed nothing, exit code ${code}:\n${err}`);
  const report = JSON.parse(out);
  return { code, ...report, of: (wanted) => report.verdicts.find((each) => each.code === wanted) };
}

/** A server that answers each request with `answer(request, response, body)`. */
export async function endpoint(answer) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    await answer(request, response, body);
  });
  server.keepAliveTimeout = 1000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
