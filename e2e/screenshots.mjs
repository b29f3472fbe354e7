// Renews the pictures in docs/images from the demo: `node screenshots.mjs`, in this folder.

import { fileURLToPath } from 'node:url';
import { launch } from './lib/browser.mjs';
import { Gateway } from './lib/gateway.mjs';

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));
const gateway = await Gateway.start({ command: 'demo' });
const browser = await launch();
try {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, deviceScaleFactor: 1.2, colorScheme });
    const page = await context.newPage();
    await page.goto(gateway.url);
    for (const text of ['How can I try to lose an answer?', 'Tell me a long story']) {
      await ask(page, text);
      await page.click('#stop');
      await page.waitForSelector('[data-state=cancelled]');
      await page.click('#new-chat');
    }
    await ask(page, 'Show me some Markdown and code');
    await page.waitForSelector('[data-role=assistant][data-state=completed]', { timeout: 120_000 });
    await page.screenshot({ path: `${IMAGES}chat-${colorScheme}-answer.png` });
    await ask(page, 'What does Lastword do?');
    await page.waitForSelector('.turn:last-child .code code:has-text("lastword.start")', { timeout: 120_000 });
    await page.screenshot({ path: `${IMAGES}chat-${colorScheme}.png` });
    await context.close();
  }
} finally {
  await browser.close();
  await gateway.remove();
}

async function ask(page, text) {
  await page.fill('#prompt', text);
  await page.press('#prompt', 'Enter');
  await page.waitForFunction(() => [...document.querySelectorAll('[data-role=assistant] .text')].at(-1)?.textContent.length > 40);
}
