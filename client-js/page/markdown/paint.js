/** So long the page may be kept from its reader in one frame: by what is done here, and by what the browser has to do then. */
const FRAME_MS = 16;
/** The share of it that is done here: what a node costs the browser later shows only when it is there. */
const SHARE_MS = { first: 1, least: 0.5, most: 8 };
/** How much longer than the last one a share may be. */
const GROWTH = 1.5;
/** A page that nobody sees gets no frames. */
const UNSEEN_MS = 100;

/** @type {{ work: Iterator<void>, shown: () => void, done: () => void, failed: (error: unknown) => void }[]} */
const waiting = [];
let scheduled = false;
let shareMs = SHARE_MS.first;

/** Tells that a frame is over, with its layout and its picture, and when it began. */
const over = new MessageChannel();
over.port1.onmessage = (/** @type {MessageEvent<number>} */ { data: began }) => {
  const fitting = (shareMs * FRAME_MS) / (performance.now() - began);
  shareMs = Math.min(Math.max(fitting, SHARE_MS.least), shareMs * GROWTH, SHARE_MS.most);
};

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
  const began = performance.now();
  const until = began + shareMs;
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
  over.port2.postMessage(began);
  if (waiting.length > 0) schedule();
}
