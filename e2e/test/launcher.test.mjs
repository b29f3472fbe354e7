import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { launcher } from '../lib/gateway.mjs';

const run = promisify(execFile);
const jdkFinder = path.join(path.dirname(launcher), 'launcher', 'jdk.sh');
let folder;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lastword launcher '));
  await mkdir(path.join(folder, 'tools'));
  for (const tool of ['cat', 'dirname', 'find', 'mkdir', 'ps', 'readlink', 'rm', 'rmdir', 'sleep']) {
    const { stdout } = await run('/bin/sh', ['-c', `command -v ${tool}`]);
    await symlink(stdout.trim(), path.join(folder, 'tools', tool));
  }
});
after(() => rm(folder, { recursive: true, force: true }));

/** A folder that looks like a JDK of this version, as far as the finder looks. */
async function jdk(name, version, programs = ['java', 'javac']) {
  const home = path.join(folder, name);
  await mkdir(path.join(home, 'bin'), { recursive: true });
  await writeFile(path.join(home, 'release'), `IMPLEMENTOR="Somebody"\nJAVA_VERSION="${version}"\nOS_NAME="Linux"\n`);
  for (const program of programs) {
    await writeFile(path.join(home, 'bin', program), '#!/bin/sh\n');
    await chmod(path.join(home, 'bin', program), 0o755);
  }
  return home;
}

/** What the finder finds with these variables only, where nothing else is in PATH or in the usual folders. */
async function found({ javaHome = '', inPath, home = '/nowhere' }) {
  const script = `. "$0"; usual_jdk_folders() { printf '%s\\n' "$HOME"/.jdks/*; }; find_jdk || no_jdk; printf %s "$JDK"`;
  const env = { HOME: home, JAVA_HOME: javaHome, PATH: `${inPath ?? '/nowhere'}:${folder}/tools` };
  const { stdout } = await run('/bin/sh', ['-eu', '-c', script, jdkFinder], { env });
  return stdout;
}

test('given a link to the launcher in a folder with spaces, when it is called from elsewhere, then it helps', async () => {
  const link = path.join(folder, 'last word');
  await symlink(launcher, link);
  const linkToLink = path.join(folder, 'again');
  await symlink('last word', linkToLink);

  const { stdout } = await run(linkToLink, ['help'], { cwd: '/' });

  assert.match(stdout, /^A terminal event is said only after the response that it ends is saved\./);
  for (const command of ['demo', 'serve', 'inspect', 'test', 'sim', 'crash', 'bench']) {
    assert.match(stdout, new RegExp(`^  ${command}\\b`, 'm'));
  }
});

test('given JAVA_HOME that is new enough, then it is taken', async () => {
  const home = await jdk('jdk 25', '25.0.3');
  assert.equal(await found({ javaHome: home }), home);
});

test('given JAVA_HOME that is too old, then the usual folders are searched', async () => {
  const old = await jdk('jdk-17', '17.0.15');
  const home = await jdk('home/.jdks/early', '26-ea');
  await jdk('home/.jdks/ancient', '1.8.0_402');
  assert.equal(await found({ javaHome: old, home: path.join(folder, 'home') }), home);
});

test('given java in PATH behind links, then its JDK is taken', async () => {
  const home = await jdk('jdk-in-path', '25');
  await mkdir(path.join(folder, 'alternatives'));
  await symlink(path.join(home, 'bin', 'java'), path.join(folder, 'alternatives', 'java'));
  await mkdir(path.join(folder, 'bin'));
  await symlink('../alternatives/java', path.join(folder, 'bin', 'java'));
  assert.equal(await found({ inPath: path.join(folder, 'bin') }), home);
});

/** What java is started with for this module, where a program that prints its words stands for it. */
async function options(module) {
  const home = await jdk(`printing ${module}`, '25.0.1');
  await writeFile(path.join(home, 'bin', 'java'), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
  const script = '. "$0"; JDK=$1 JDK_VERSION=25 BUILD=/nowhere; become_java "$2"';
  const { stdout } = await run('/bin/sh', ['-eu', '-c', script, path.join(path.dirname(launcher), 'launcher', 'jvm.sh'), home, module]);
  return stdout.split('\n');
}

test('given a JVM without memory, then the gateway ends at once, and the checker says itself that it could not check', async () => {
  const last = (all) => all.filter((option) => option.endsWith('ExitOnOutOfMemoryError')).at(-1);

  assert.equal(last(await options('gateway')), '-XX:+ExitOnOutOfMemoryError');
  assert.equal(last(await options('checker')), '-XX:-ExitOnOutOfMemoryError');
});

test('given only a runtime and an old JDK, then it says how to install one, with a code that no command has', async () => {
  await jdk('poor/.jdks/runtime', '25.0.1', ['java']);
  await jdk('poor/.jdks/old', '21.0.2');

  const error = await found({ home: path.join(folder, 'poor') }).then(() => assert.fail('found one'), (failure) => failure);

  assert.equal(error.code, 127);
  for (const hint of ['temurin-25-jdk', 'dnf install', 'brew install', 'sdk install java']) {
    assert.ok(error.stderr.includes(hint), hint);
  }
});

test('given the launcher by its name alone, when a shell is told to run it, then it helps', async () => {
  const { stdout } = await run('sh', ['lastword', 'help'], { cwd: path.dirname(launcher) });

  assert.match(stdout, /serve/);
});

/** Takes the lock of builds where there is no flock, and then says what it holds. */
function locking(state) {
  const script = '. "$0"; lock_builds; cat "$LASTWORD_STATE/lock.d/pid"; echo "I am $$"';
  const env = { PATH: path.join(folder, 'tools'), LASTWORD_STATE: state };
  const child = spawn('/bin/sh', ['-eu', '-c', script, path.join(path.dirname(launcher), 'launcher', 'build.sh')], { env });
  let said = '';
  child.stdout.on('data', (data) => (said += data));
  child.stderr.on('data', (data) => (said += data));
  return { child, said: () => said, ended: new Promise((resolve) => child.on('close', resolve)) };
}

async function lockOf(name, pid) {
  const state = path.join(folder, name);
  await mkdir(path.join(state, 'lock.d'), { recursive: true });
  if (pid !== undefined) await writeFile(path.join(state, 'lock.d', 'pid'), pid);
  return state;
}

async function startedAt(pid) {
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', `${pid}`]);
  return stdout.trim().replace(/ +/g, ' ');
}

for (const [what, pid] of [
  ['a process that is gone', '4194304 Mon Jan 1 00:00:00 2024\n'],
  ['one whose number another has now', `${process.pid} Mon Jan 1 00:00:00 2024\n`],
]) {
  test(`given no flock, and a lock that ${what} has left, then it is taken over`, async () => {
    const state = await lockOf(what, pid);
    const builds = [locking(state), locking(state), locking(state)];

    for (const build of builds) {
      assert.equal(await build.ended, 0);
      const [, holder, itself] = /^(\d+) .*\nI am (\d+)$/m.exec(build.said());
      assert.equal(holder, itself, 'one at a time');
    }
  });
}

test('given no flock, and a lock whose owner did not get to say who it is, then it is taken over a minute later', async () => {
  const state = await lockOf('unsaid');
  const build = locking(state);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.match(build.said(), /Waiting for another build .* remove .*lock\.d/);
  assert.doesNotMatch(build.said(), /I am/);

  const longAgo = new Date(Date.now() - 180_000);
  await utimes(path.join(state, 'lock.d'), longAgo, longAgo);
  assert.equal(await build.ended, 0);
  assert.match(build.said(), /I am/);
});

test('given no flock, and a build that runs, then the next one says what it waits for, and goes on behind it', async () => {
  const state = await lockOf('runs', `${process.pid} ${await startedAt(process.pid)}\n`);
  const build = locking(state);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.match(build.said(), /Waiting for another build/);
  assert.doesNotMatch(build.said(), /I am/);
  assert.match(await readFile(path.join(state, 'lock.d', 'pid'), 'utf8'), new RegExp(`^${process.pid} `));

  await rm(path.join(state, 'lock.d'), { recursive: true });
  assert.equal(await build.ended, 0);
});
