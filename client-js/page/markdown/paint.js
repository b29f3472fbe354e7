/** So long the page may be kept from its reader in one frame. */
const FRAME_MS = 8;
/** A page that nobody sees gets no frames. */
const UNSEEN_MS = 100;

/** @type {{ work: Iterator<void>, shown: () => void, done: () => void, failed: (error: unknown) => void }[]} */
const waiting = [];
let scheduled = false;

/**
 * Does work on the page in slices: so much in each frame, whatever waits.
 *
 * @param {Iterator<void>} work whose steps are short
 * @param {() => void} shown told at the end of each frame in which some of it was done
 * @returns {Promise<void>} once all of it is done
 */
export function paint(work, shown) {
  return new Promise((done, failed) => {
    waiting.push({ work, shown, done, failed });
    schedule();
  });
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(slice, UNSEEN_MS);
  else requestAnimationFrame(slice);
}

function slice() {
  scheduled = false;
  const until = performance.now() + FRAME_MS;
  const shown = new Set();
  for (let first = waiting[0]; first && performance.now() < until; first = waiting[0]) {
    shown.add(first.shown);
    try {
      if (!first.work.next().done) continue;
      first.done();
    } catch (error) {
      first.failed(error);
    }
    waiting.shift();
  }
  for (const tell of shown) tell();
  if (waiting.length > 0) schedule();
}
