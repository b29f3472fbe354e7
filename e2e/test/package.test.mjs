import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Gateway, launcher, owner } from '../lib/gateway.mjs';
import { find } from '../lib/proxies.mjs';
import { post } from '../lib/raw.mjs';
import { Upstream } from '../lib/upstream.mjs';

const run = promisify(execFile);
const folder = path.join(path.dirname(launcher), 'launcher');
const exists = (file) => access(file).then(() => true, () => false);
const noAnalysis = (await find('systemd-analyze')) ? false : 'needs systemd-analyze';
const skip = (await find('dpkg-deb')) ? false : 'needs dpkg-deb, which Debian and Ubuntu have';

// What is unpacked here is what the image has, too: both are made by launcher/package.sh.
describe('the Debian package', { skip }, () => {
  let temporary;
  let deb;
  let tree;

  before(async () => {
    temporary = await mkdtemp(path.join(tmpdir(), 'lastword package '));
    const { stdout } = await run(launcher, ['deb', temporary]);
    deb = stdout.trim();
    tree = path.join(temporary, 'unpacked');
    await run('dpkg-deb', ['--raw-extract', deb, tree]);
  });
  after(() => rm(temporary, { recursive: true, force: true }));

  const installed = (...names) => path.join(tree, ...names);

  test('then it has what an installation needs, all of it root’s, and at most 120 MB', async () => {
    const { stdout } = await run('dpkg-deb', ['--contents', deb], { maxBuffer: 16 << 20 });
    const entries = stdout.trim().split('\n').map((line) => line.split(/\s+/));
    const files = entries.map(([, , , , , name]) => name.slice(1));
    for (const file of [
      '/usr/bin/lastword',
      '/usr/lib/lastword/app.aot',
      '/usr/lib/lastword/runtime/bin/java',
      '/usr/lib/systemd/system/lastword.service',
      '/etc/lastword/lastword.yaml',
      '/etc/lastword/secrets/',
      '/usr/share/doc/lastword/production.md',
    ]) {
      assert.ok(files.includes(file), file);
    }
    assert.deepEqual(entries.filter(([, who]) => who !== 'root/root'), []);
    assert.deepEqual(entries.filter(([rights]) => rights[8] === 'w' && rights[0] !== 'l'), [], 'everybody may write');
    const strays = files.filter((file) => !/^\/(|etc\/|usr\/|usr\/(bin|lib|share)\/)$|^\/(etc|usr\/bin|usr\/lib|usr\/share\/doc)\/lastword|\/systemd\//.test(file));
    assert.deepEqual(strays.filter((file) => file !== '/usr/share/doc/'), []);
    const bytes = entries.reduce((sum, [, , size]) => sum + Number(size), 0);
    assert.ok(bytes <= 120e6, `${bytes} bytes`);
    assert.equal(await readFile(installed('DEBIAN/conffiles'), 'utf8'), '/etc/lastword/lastword.yaml\n');
  });

  test('then no path of this checkout is in what it runs by, and its scripts are shell', async () => {
    for (const file of ['DEBIAN/postinst', 'DEBIAN/prerm', 'DEBIAN/postrm', 'usr/lib/lastword/lastword', 'usr/lib/lastword/jvm.sh']) {
      await run('/bin/sh', ['-n', installed(file)]);
      assert.ok(!(await readFile(installed(file), 'utf8')).includes(path.dirname(launcher)), file);
    }
  });

  test('then libraries of other platforms are left out, and none is unpacked at a start', async () => {
    const libraries = await readdir(installed('usr/lib/lastword/native'));
    assert.equal(libraries.length, 3, libraries.join());
    const jars = await readdir(installed('usr/lib/lastword/lastword-gateway'));
    for (const jar of jars.filter((name) => /^(sqlite-jdbc|zstd-jni)/.test(name))) {
      const listed = (await readFile(installed('usr/lib/lastword/lastword-gateway', jar))).toString('latin1');
      assert.doesNotMatch(listed, /\.(so|dll|dylib|jnilib)PK/, jar);
    }
  });

  test('then what makes starts short fits the JVM that is in it, wherever it lies', async () => {
    const env = { ...process.env, LASTWORD_JAVA_OPTS: '-XX:AOTMode=on' }; // refuses to start without it
    const { stdout } = await run(installed('usr/bin/lastword'), ['serve', '--help'], { env });
    assert.match(stdout, /--upstream/);
  });

  test('when it runs, then answers are relayed, saved and told of in the log, and it stops as a service does', async () => {
    const upstream = await Upstream.listen();
    upstream.on('packaged', (exchange) => {
      exchange.stream();
      exchange.data({ choices: [{ index: 0, delta: { content: 'Hello' } }] });
      exchange.data('[DONE]');
      exchange.end();
    });
    const gateway = await Gateway.start({ upstream: upstream.url, program: installed('usr/bin/lastword') });
    try {
      const client = post(gateway, 'packaged', { headers: owner });
      await client.done;
      assert.equal(client.events.at(-1).data, '[DONE]');
      assert.match(await gateway.log(), new RegExp(`seal\\.saving stream=${client.stream} `));
      await health(`127.0.0.1:${gateway.port}`);
      assert.deepEqual(await gateway.stop(), { code: 143, signal: null });
      await assert.rejects(health(`127.0.0.1:${gateway.port}`), 'a gateway that is gone');
    } finally {
      await gateway.remove();
      await upstream.close();
    }
  });

  test('then the configuration that it brings is one, and waits for an upstream', async () => {
    const file = installed('etc/lastword/lastword.yaml');
    await assert.rejects(run(installed('usr/bin/lastword'), ['serve', '--config', file]), (error) => error.code === 2 && /upstream/.test(error.stderr));
    const { stdout } = await run(installed('usr/bin/lastword'), ['serve', '--config', file, '--upstream', 'http://127.0.0.1:1', '--print-config']);
    assert.match(stdout, /data: "?\/var\/lib\/lastword/);
  });

  test('then the unit starts what is installed, and gives it the time and the descriptors that it asks for', async () => {
    const unit = await readFile(installed('usr/lib/systemd/system/lastword.service'), 'utf8');
    const value = (key) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];
    const [program, , , config] = value('ExecStart').split(' ');
    assert.ok(await exists(installed(program)), program);
    assert.ok(await exists(installed(config)), config);
    const { stdout } = await run(installed('usr/bin/lastword'), ['serve', '--upstream', 'http://127.0.0.1:1', '--print-config']);
    const setting = (key) => Number(new RegExp(`\\b${key}: "?(\\d+)`).exec(stdout)[1]);
    assert.ok(Number(value('TimeoutStopSec')) * 1000 > setting('drain-ms') + 5000);
    assert.ok(Number(value('LimitNOFILE')) >= setting('connections-max') + 2 * setting('calls-max'));
    assert.match(value('ExecReload'), /kill -HUP \$\{MAINPID\}/);
    for (const [key, wanted] of Object.entries({ ProtectSystem: 'strict', NoNewPrivileges: 'yes', StateDirectory: 'lastword', User: 'lastword' })) {
      assert.equal(value(key), wanted, key);
    }
  });

  test('then systemd thinks little of what the unit exposes', { skip: noAnalysis }, async () => {
    const unit = installed('usr/lib/systemd/system/lastword.service');
    await run('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit]); // 20 of 100
  });
});

test('given a gateway whose journal is closed, then the health check of the image fails', async () => {
  const server = http.createServer((_, response) => response.writeHead(503).end()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  await assert.rejects(health(`127.0.0.1:${server.address().port}`));
  server.close();
});

/** The health check of the image, as the image runs it. */
function health(address) {
  return run('bash', [path.join(folder, 'health.sh')], { env: { ...process.env, LASTWORD_HEALTH: address } });
}
