/**
 * What a page's main thread did while something happened: the longest task in milliseconds of processor time. Time on the
 * clock would tell more of what else the machine does. Tasks that drive the browser for the test are not counted.
 */
export async function longestTaskMs(browser, page, happening) {
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
  return Math.max(...own.map(({ tdur = 0 }) => tdur)) / 1000;
}
