import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { Gateway, launcher } from '../lib/gateway.mjs';

const run = promisify(execFile);
const gateway = await Gateway.start({ command: 'demo' });
after(() => gateway.remove());

/** What this command line gives nothing to try for: keys, users, a browser, a kill, a tool call, SDKs, a workflow. */
const NEED_MORE = ['LW007', 'LW015', 'LW018', 'LW019', 'LW020', 'LW022', 'LW025'];

/** A build of a checkout names its commit, so that two of them differ. */
const commit = existsSync(new URL('../../.git', import.meta.url)) ? '\\+[0-9a-f]{12,40}(-dirty)?' : '';
const version = new RegExp(`^\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?${commit}$`);

async function check(...options) {
  const body = { model: 'demo', stream: true, messages: [{ role: 'user', content: 'hello {{run}}' }] };
  const id = '{{header:lastword-stream}}';
  const line = [
    'check', `${gateway.url}/v1/chat/completions`, '--data', JSON.stringify(body), '--json',
    '--verify', `${gateway.url}/api/streams/${id}/response`, '--expect-complete', '/choices/0/finishReason=stop',
    '--resume', `${gateway.url}/v1/stream/${id}`, '--stop', `${gateway.url}/api/streams/${id}/cancel`, ...options,
  ];
  // The first call builds the checker.
  const { code, stdout, stderr } = await run(launcher, line, { timeout: 600_000 }).catch((error) => error);
  return { code: code ?? 0, stderr, report: JSON.parse(stdout) };
}

test('given the gateway in front of a model, when it is checked, then nothing is found and all is decided', async () => {
  const { code, report, stderr } = await check();
  const said = JSON.stringify(report, null, 1) + stderr;

  assert.equal(code, 0, said);
  assert.match(report.version, version);
  for (const { code: name, verdict } of report.verdicts) {
    const right = NEED_MORE.includes(name) ? ['pass', 'not-applicable'] : ['pass'];
    assert.ok(right.includes(verdict), `${name} is ${verdict} in ${said}`);
  }
});

test('given a verification of another answer, when it is checked, then it says that it cannot', async () => {
  const { code, report } = await check('--expect', 'words that nobody said', '--wait', '1s', '--only', 'LW001');

  assert.equal(code, 2);
  assert.match(report.problem, /even a reader who stays to the end does not find/);
});

test('given a build by the launcher, when it is asked for its version, then it names the commit as reports do', async () => {
  const { stdout } = await run(launcher, ['--version']);

  assert.match(stdout.trim().replace(/^lastword /, ''), version);
});
