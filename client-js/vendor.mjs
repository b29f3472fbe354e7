#!/usr/bin/env node
// Fetches the libraries of the chat page from npm, as vendor.json pins them, into page/vendor/: `node vendor.mjs`.
//
// Nothing is built or changed: each file is the package's own (but the *.d.ts, which tell the compiler what they are). The integrity of a package is npm's (SHA-512 of its
// archive, as package-lock.json has it); test/vendor.test.js compares the files with what `npm ci` installs.
// For a new version: npm install --save-dev --save-exact NAME@VERSION, name it in vendor.json, run this, and the places
// that import from the folder (the compiler and gateway's Pages tell) follow.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const target = path.join(here, 'page/vendor');
const packages = JSON.parse(readFileSync(path.join(here, 'vendor.json'), 'utf8'));
const work = mkdtempSync(path.join(tmpdir(), 'vendor-'));
try {
  for (const { name, version, integrity, files } of packages) {
    const packed = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: work, encoding: 'utf8' }).trim();
    const archive = path.join(work, packed);
    const sum = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (sum !== integrity) throw new Error(`${name} ${version} is not what vendor.json pins: ${sum}`);
    execFileSync('tar', ['-xzf', archive, '-C', work]);
    for (const [from, to] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(target, to)), { recursive: true });
      copyFileSync(path.join(work, 'package', from), path.join(target, to));
    }
    rmSync(path.join(work, 'package'), { recursive: true });
    console.log(`${name} ${version}: ${Object.keys(files).length} files`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
