import { Hub } from './hub.js';

// The program of the SharedWorker that sharedFetch() talks to.
const hub = new Hub((url, init) => fetch(url, init));
addEventListener('connect', (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  if (port) hub.join(port);
});
