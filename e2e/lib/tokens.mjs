import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';

/** How far the gateway lets the issuer's clock be from its own: a token is good for so long after its `exp`. */
const SKEW_S = 30;

/** An identity provider in a file: its public keys, as a gateway reads them, and the tokens that it signs. */
export class Issuer {
  #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });

  /** Writes the keys, and gives the settings by which a gateway believes this issuer. */
  async settings(file) {
    const key = { ...this.#keys.publicKey.export({ format: 'jwk' }), kid: 'e2e', alg: 'RS256', use: 'sig' };
    await writeFile(file, JSON.stringify({ keys: [key] }));
    const said = { 'access.mode': 'jwt', 'jwt.keys': file, 'jwt.issuer': 'https://id.example', 'jwt.audience': 'lastword' };
    return Object.entries(said).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  }

  /** A token that the gateway believes for so many seconds from now. */
  token(subject, seconds) {
    const exp = Math.floor(Date.now() / 1000) - SKEW_S + seconds;
    const parts = [{ alg: 'RS256', kid: 'e2e' }, { iss: 'https://id.example', aud: 'lastword', sub: subject, exp }];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), this.#keys.privateKey).toString('base64url')}`;
  }
}
