import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { launcher } from '../lib/gateway.mjs';

const run = promisify(execFile);
const builder = path.join(path.dirname(launcher), 'launcher', 'build.sh');

// Maven's place is taken by a script that makes the jar and says in a file when it began and ended.
const SCRIPT = `
  die() { echo "$*" >&2; exit "$1"; }
  LASTWORD_STATE=$LASTWORD_ROOT/.lastword JDK=\${JDK-/jdk} JDK_VERSION=25.0.3
  . "$0"
  maven() {
    echo begin >>"$LASTWORD_ROOT/maven"
    for option in "$@"; do
      case $option in -Dlastword.app=*) app=\${option#*=} ;; esac
    done
    mkdir -p "$app/lastword-gateway"
    echo jar >"$app/lastword-gateway/lastword-gateway-1.jar"
    sleep 0.2
    echo end >>"$LASTWORD_ROOT/maven"
    [ ! -e "$LASTWORD_ROOT/broken" ]
  }
  train_aot_cache() { :; }
  ensure_built gateway && use_build gateway && printf %s "$APP_JAR"`;

describe('the build', () => {
  let root;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'lastword build '));
    for (const folder of ['.mvn', 'gateway/src/main/java', 'client-js/src', 'client-js/page', 'tools']) {
      await mkdir(path.join(root, folder), { recursive: true });
    }
    for (const file of ['pom.xml', 'gateway/pom.xml', 'gateway/src/main/java/A.java', 'gateway/src/main/java/B.java']) {
      await writeFile(path.join(root, file), '');
    }
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const environment = (more) => ({ ...process.env, LASTWORD_ROOT: root, ...more });
  const build = async (more = {}) => (await run('/bin/sh', ['-eu', '-c', SCRIPT, builder], { env: environment(more) })).stdout;
  const builds = async () => (await readFile(path.join(root, 'maven'), 'utf8')).split('\n').filter((line) => line === 'begin').length;

  test('given nothing has changed, then Maven is not asked again', async () => {
    const jar = await build();
    assert.equal(await readFile(jar, 'utf8'), 'jar\n');
    assert.equal(await build(), jar);
    assert.equal(await builds(), 1);
  });

  const changes = {
    'an edited file': () => appendFile(path.join(root, 'gateway/src/main/java/A.java'), 'x'),
    'a deleted file': () => rm(path.join(root, 'gateway/src/main/java/B.java')),
    'a new file': () => writeFile(path.join(root, 'client-js/page/new.js'), ''),
    'a file that was replaced by one with an old date': async () => {
      await writeFile(path.join(root, 'pom.xml'), 'older');
      await utimes(path.join(root, 'pom.xml'), 1, 1);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    test(`given ${what}, then it builds anew, and the former build stays for whoever runs it`, async () => {
      const former = await build();
      await change();
      const jar = await build();
      assert.notEqual(jar, former);
      assert.equal(await readFile(former, 'utf8'), 'jar\n');
      assert.equal(await build(), jar);
      assert.equal(await builds(), 2);
    });
  }

  test('given another JDK, then it builds anew', async () => {
    await build();
    await build({ JDK: '/another' });
    assert.equal(await builds(), 2);
  });

  test('given a build that fails, then the exit code is 4 and what was there stays current', async () => {
    const jar = await build();
    await writeFile(path.join(root, 'broken'), '');
    await appendFile(path.join(root, 'pom.xml'), 'x');
    await assert.rejects(build(), { code: 4 });
    await rm(path.join(root, 'broken'));
    const current = await readFile(path.join(root, '.lastword/gateway/current'), 'utf8');
    assert.ok(jar.includes(current.trim()));
  });

  test('given many builds, then only those stay that are current, the last one, or running', async () => {
    const running = await build();
    const server = spawn('/bin/sh', ['-c', 'sleep 60; :', running], { detached: true });
    try {
      for (let i = 0; i < 4; i++) {
        await appendFile(path.join(root, 'pom.xml'), 'x');
        await build();
      }
      const kept = (await readdir(path.join(root, '.lastword/gateway'))).filter((name) => !name.startsWith('current'));
      assert.equal(kept.length, 3);
      assert.equal(await readFile(running, 'utf8'), 'jar\n');
    } finally {
      process.kill(-server.pid);
      await once(server, 'exit');
    }
  });

  for (const locking of ['flock', 'a folder, where there is no flock']) {
    test(`given five starts at once, locked by ${locking}, then one builds and the others wait for it`, async () => {
      const more = locking === 'flock' ? {} : { PATH: await toolsWithoutFlock() };
      const jars = await Promise.all(Array.from({ length: 5 }, () => build(more)));
      assert.equal(new Set(jars).size, 1);
      assert.equal(await readFile(path.join(root, 'maven'), 'utf8'), 'begin\nend\n');
    });
  }

  test('given a lock whose owner is gone, then it is taken over', async () => {
    const gone = spawn('/bin/sh', ['-c', ':']);
    await once(gone, 'exit');
    await mkdir(path.join(root, '.lastword/lock.d'), { recursive: true });
    await writeFile(path.join(root, '.lastword/lock.d/pid'), `${gone.pid}\n`);
    await build({ PATH: await toolsWithoutFlock() });
    assert.equal(await builds(), 1);
  });

  async function toolsWithoutFlock() {
    const folder = path.join(root, 'tools');
    for (const tool of ['cat', 'date', 'find', 'grep', 'mkdir', 'mv', 'ps', 'rm', 'sleep', 'tail']) {
      const { stdout } = await run('/bin/sh', ['-c', `command -v ${tool}`]);
      await symlink(stdout.trim(), path.join(folder, tool));
    }
    return folder;
  }
});
