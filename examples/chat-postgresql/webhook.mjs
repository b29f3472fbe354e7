import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the sender's clock, and a call on its way, may be from ours. */
const TOLERANCE_S = 300;

/**
 * Verifies a call after Standard Webhooks 1.0 (https://www.standardwebhooks.com).
 *
 * @param {Buffer} body as it came: JSON that was parsed and written again is signed otherwise
 * @param {string} secret `whsec_` and Base64
 * @returns {boolean} whether somebody who has the secret sent this, within five minutes
 */
export function isGenuine(headers, body, secret, nowS = Date.now() / 1000) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  if (!id || !/^\d{1,15}$/.test(timestamp ?? '') || Math.abs(nowS - Number(timestamp)) > TOLERANCE_S) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  return (headers['webhook-signature'] ?? '').split(' ').some((one) => {
    const [version, signature] = one.split(',');
    const given = Buffer.from(signature ?? '', 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}
