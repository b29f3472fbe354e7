/** What the work below takes on the machine whose milliseconds longestTaskMs tells, in milliseconds. */
const WORK_MS = 66;

/** How much slower this machine is now, at least 1: the least of some runs of the same work, building elements and laying them out. */
async function slowness(page) {
  const took = await page.evaluate(() => {
    const room = document.createElement('div');
    room.style.cssText = 'position:absolute;visibility:hidden;width:40em';
    let least = Infinity;
    for (let run = 0; run < 10; run++) {
      const began = performance.now();
      for (let i = 0; i < 600; i++) {
        const part = document.createElement('p');
        for (let word = 0; word < 8; word++) part.append(`word ${i * word} `, Object.assign(document.createElement('b'), { textContent: `${word}` }));
        room.append(part);
      }
      document.body.append(room);
      room.getBoundingClientRect();
      room.remove();
      room.replaceChildren();
      least = Math.min(least, performance.now() - began);
    }
    return least;
  });
  return Math.max(1, took / WORK_MS);
}

/**
 * What a page's main thread did while something happened: the longest task in milliseconds of processor time, as
 * one machine has them: a slower one's are divided by what it is slower. Time on the clock would tell more of what else
 * the machine does. Tasks that drive the browser for the test are not counted.
 */
export async function longestTaskMs(browser, page, happening) {
  const slower = await slowness(page);
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline', '__metadata'] });
  await happening();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const threadOf = ({ pid, tid }) => `${pid}:${tid}`;
  const mains = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(threadOf));
  const driving = traceEvents.filter(({ name, args }) => name === 'Receive mojo message' && JSON.stringify(args).includes('DevTools'));
  const own = traceEvents.filter(
    (event) =>
      event.ph === 'X' &&
      event.name.endsWith('RunTask') &&
      mains.has(threadOf(event)) &&
      !driving.some((message) => threadOf(message) === threadOf(event) && message.ts >= event.ts && message.ts <= event.ts + event.dur),
  );
  if (own.length === 0) throw new Error('the trace has no task of the page');
  return Math.max(...own.map(({ tdur = 0 }) => tdur)) / 1000 / slower;
}
