import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url));
const packages = JSON.parse(read('vendor.json'));
const lock = JSON.parse(read('package-lock.json')).packages;

for (const { name, version, license, integrity, files } of packages) {
  test(`given what the page has of ${name}, then it is byte for byte what npm installs as ${version}`, () => {
    const installed = lock[`node_modules/${name}`];
    assert.deepEqual([installed.version, installed.license, installed.integrity], [version, license, integrity]);
    for (const [from, to] of Object.entries(files)) {
      assert.ok(read(`page/vendor/${to}`).equals(read(`node_modules/${name}/${from}`)), `${to} differs: node vendor.mjs`);
    }
  });
}

test('given the folder of libraries, then nothing is in it that vendor.json does not name, and each has its licence', () => {
  const folder = fileURLToPath(new URL('../page/vendor/', import.meta.url));
  const there = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.d\.m?ts$/.test(entry.name))
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(folder.length).replace(/^\/+/, ''));
  const named = packages.flatMap(({ files }) => Object.values(files));

  assert.deepEqual(there.sort(), named.sort());
  for (const library of readdirSync(folder)) assert.ok(there.includes(`${library}/LICENSE`), library);
});
