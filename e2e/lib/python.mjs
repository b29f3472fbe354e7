import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('..', import.meta.url));
const home = path.join(folder, '.venv');
const python = path.join(home, 'bin', 'python');

/**
 * A Python that has what `requirements.txt` names, in a virtual environment beside it that is made at the first call;
 * or why there is none.
 */
export async function pythonWithSdks() {
  try {
    await access(path.join(home, 'ready')).catch(async () => {
      await run('python3', ['-m', 'venv', home]);
      await run(python, ['-m', 'pip', 'install', '--quiet', '-r', path.join(folder, 'requirements.txt')], { timeout: 300_000 });
      await run('touch', [path.join(home, 'ready')]);
    });
    return { python };
  } catch (error) {
    return { skip: `no Python with its SDKs: ${String(error.stderr || error.message).trim().split('\n').at(-1)}` };
  }
}

/** Runs a program of `python/`, and gives the JSON that it prints. */
export async function runPython(program, args) {
  const { stdout } = await run(python, [path.join(folder, 'python', program), ...args], { timeout: 120_000 });
  return JSON.parse(stdout);
}
