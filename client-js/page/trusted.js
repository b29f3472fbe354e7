/**
 * Makes the address of a worker, which is the one thing on this page that has to be trusted: the page's policy lets
 * nobody else make one, nor anybody turn text into markup.
 */
const { trustedTypes } = /** @type {{ trustedTypes?: { createPolicy(name: string, rules: object): Policy } }} */ (globalThis);
const SCRIPTS = /** @type {const} */ (['markdown/worker.js', 'client/shared-worker.js']);

/** @typedef {{ createScriptURL(url: string): string }} Policy */

/** @type {Policy} */
const policy = {
  createScriptURL(url) {
    if (!SCRIPTS.some((script) => url === new URL(script, import.meta.url).href)) throw new TypeError(`no worker of this page: ${url}`);
    return url;
  },
};
const trusted = trustedTypes?.createPolicy('lastword', policy) ?? policy;

/** @param {typeof SCRIPTS[number]} script */
export function workerUrl(script) {
  return trusted.createScriptURL(new URL(script, import.meta.url).href);
}
