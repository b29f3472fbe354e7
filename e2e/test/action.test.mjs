import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { endpoint } from '../lib/checker.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const saved = new Map();
const asked = [];
let server;
let folder;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lastword action '));
  server = await endpoint(answer);
});
after(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** `/first` saves before its terminal event, `/after` only if the reader is still there behind it. */
async function answer(request, response, body) {
  const id = path.basename(request.url);
  if (request.url.startsWith('/messages/')) {
    response.writeHead(saved.has(id) ? 200 : 404).end(saved.get(id));
    return;
  }
  asked.push(JSON.parse(body).message);
  const message = `message-${asked.length}`;
  const text = `This is what ${message} says.`;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-message-id': message });
  for (const word of text.split(/(?<= )/)) {
    response.write(`data: ${JSON.stringify({ text: word })}\n\n`);
    await sleep(10);
  }
  if (id === 'first') saved.set(message, text);
  response.write('data: [DONE]\n\n');
  await sleep(50);
  if (id === 'after' && !response.closed) saved.set(message, text);
  response.end();
}

/** What a runner does with the only step of `action.yml`: its script in bash, the inputs as variables. */
async function step(name, ...args) {
  const [, script] = (await readFile(path.join(root, 'action.yml'), 'utf8')).split(/^ +run: \|\n/m);
  const reports = path.join(folder, name, 'reports');
  const summary = path.join(folder, `${name}-summary.md`);
  const env = { ...process.env, URL: `${server.url}/${name}`, ARGS: `${args.join('\n')}\n`, FOLDER: reports, ACTION: root, GITHUB_STEP_SUMMARY: summary };
  const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', script], { cwd: folder, env, stdio: 'inherit' });
  const [code] = await once(child, 'close');
  const report = (file) => readFile(path.join(reports, file), 'utf8');
  return {
    code,
    summary: await readFile(summary, 'utf8'),
    html: await report('report.html'),
    junit: await report('junit.xml'),
    sarif: JSON.parse(await report('check.sarif')),
  };
}

const args = (message) => [
  `--data=${JSON.stringify({ message })}`,
  `--verify=${server.url}/messages/{{header:x-message-id}}`,
  '--source=src/my chat.py',
  '--only=LW001',
  '--runs=2',
  '--wait=1s',
];

test('given an endpoint that saves first, when the action runs, then it succeeds and keeps its reports', async () => {
  const message = 'about {{run}}, "quoted" and $(touch escaped) `touch escaped`';
  const { code, summary, html, junit, sarif } = await step('first', ...args(message));

  assert.equal(code, 0, summary);
  assert.match(summary, /^```\n[^]*LW001[^]*\n```\n$/);
  assert.match(html, /LW001/);
  assert.match(junit, /<testsuite [^>]*failures="0"/);
  assert.deepEqual(sarif.runs[0].results, []);
  assert.match(asked[0], /^about \w+, "quoted" and \$\(touch escaped\) `touch escaped`$/);
});

test('given an endpoint that saves last, when the action runs, then it fails and its reports say why', async () => {
  const { code, summary, html, junit, sarif } = await step('after', ...args('about {{run}}'));

  assert.equal(code, 1, summary);
  assert.match(summary, /LW001/);
  assert.match(html, /lost/);
  assert.match(junit, /<testsuite [^>]*failures="1"/);
  assert.equal(sarif.runs[0].results[0].ruleId, 'LW001');
  assert.equal(sarif.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri, 'src/my%20chat.py');
});
