import { accessSync, constants } from 'node:fs';
import { chromium } from 'playwright-core';

const CANDIDATES = [process.env.LASTWORD_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];

/** The browser's program, or undefined where there is none; the test script installs one where it can. */
export const chromiumPath = CANDIDATES.find((file) => {
  try {
    accessSync(file ?? '', constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

/** For `test(name, { skip })`: why there can be no browser test here. */
export const noChromium = chromiumPath ? false : 'no Chromium here: name one in LASTWORD_CHROMIUM';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Every name below `.example` is this machine to the browser, so that pages can be of several sites. */
const SITES = '--host-resolver-rules=MAP *.example 127.0.0.1';

export const launch = () => chromium.launch({ executablePath: chromiumPath, args: ARGS });

export const launchWithSites = () => chromium.launch({ executablePath: chromiumPath, args: [...ARGS, SITES] });

/** A browser as a person has it, with a profile: its preferences are in `folder`. Gives its only context. */
export const launchWithProfile = (folder) =>
  chromium.launchPersistentContext(folder, { executablePath: chromiumPath, args: [...ARGS, SITES] });
