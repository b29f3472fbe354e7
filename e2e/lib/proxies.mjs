import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { freePort } from './gateway.mjs';
import { parseEvents } from './sse.mjs';
import { until } from './until.mjs';

const run = promisify(execFile);
const guide = new URL('../../docs/guides/proxies.md', import.meta.url);
const clusterGuide = new URL('../../docs/guides/cluster.md', import.meta.url);

/** The name that the guide's snippets serve. */
export const NAME = 'chat.example.com';

/** The guide's one block of this language, as a reader would copy it. */
export async function snippet(language) {
  const blocks = [...(await readFile(guide, 'utf8')).matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter(([, of]) => of === language);
  if (blocks.length !== 1) throw new Error(`the guide has ${blocks.length} blocks of ${language}, not one`);
  return blocks[0][2];
}

/** The guide's own HAProxy before nodes of a cluster: its front, and behind it what the cluster's guide has for a load balancer. */
export async function haproxyOfNodes(ports) {
  const text = await readFile(clusterGuide, 'utf8');
  const blocks = [...text.matchAll(/^```\n(# HAProxy\n.*?)^```$/gms)];
  if (blocks.length !== 1) throw new Error(`the guide of clusters has ${blocks.length} backends of HAProxy, not one`);
  const addresses = Object.fromEntries(ports.map((port, i) => [`10.0.0.${7 + i}:8080`, `127.0.0.1:${port}`]));
  const [front, ...rest] = (await snippet('haproxy')).split(/^backend lastword$/m);
  if (rest.length !== 1) throw new Error('the guide has no backend of that name');
  return front + put(blocks[0][1], addresses);
}

/** Replaces what has to be there; a snippet that was rewritten is noticed. */
export function put(text, replacements) {
  return Object.entries(replacements).reduce((done, [from, to]) => {
    if (!done.includes(from)) throw new Error(`no '${from}' in the snippet`);
    return done.replaceAll(from, to);
  }, text);
}

/** Where a program is, Debian's administrators' folders included; `undefined` if nowhere. */
export async function find(program) {
  for (const folder of [...process.env.PATH.split(':'), '/usr/sbin', '/sbin']) {
    const file = path.join(folder, program);
    if (await access(file, constants.X_OK).then(() => true, () => false)) return file;
  }
  return undefined;
}

const KINDS = {
  async nginx(proxy, text) {
    const site = put(text, {
      'listen 443 ': `listen 127.0.0.1:${proxy.port} `,
      '/etc/ssl/chat.example.com/fullchain.pem': proxy.certificate,
      '/etc/ssl/chat.example.com/privkey.pem': proxy.key,
    });
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${proxy.folder}/${name};`);
    const file = await proxy.write(
      'nginx.conf',
      `${process.getuid() === 0 ? 'user root;' : ''} pid ${proxy.folder}/pid; error_log stderr;
       events {} http { access_log off; ${temporary.join(' ')}\n${site}}`,
    );
    return ['-p', proxy.folder, '-c', file, '-g', 'daemon off;'];
  },
  async haproxy(proxy, text) {
    const pem = await proxy.write('both.pem', (await readFile(proxy.certificate, 'utf8')) + (await readFile(proxy.key, 'utf8')));
    const site = put(text, { 'bind :443 ': `bind 127.0.0.1:${proxy.port} `, '/etc/haproxy/chat.example.com.pem': pem });
    return ['-db', '-f', await proxy.write('haproxy.cfg', site)];
  },
  async caddy(proxy, text) {
    const site = put(text, { 'chat.example.com {': `https://chat.example.com:${proxy.port} {\n  tls ${proxy.certificate} ${proxy.key}` });
    const file = await proxy.write('Caddyfile', `{\n  admin off\n  auto_https disable_redirects\n  default_bind 127.0.0.1\n}\n${site}`);
    return ['run', '--adapter', 'caddyfile', '--config', file];
  },
};

/** A real proxy that runs the guide's snippet in a folder of its own, with a certificate of its own, before a gateway on `port`. */
export class Proxy {
  #child;
  #log = '';

  /**
   * @param {'nginx' | 'haproxy' | 'caddy'} kind
   * @param {{gateway?: number, changes?: object, text?: string}} how what is put in place of the snippet's words, beside ports and files;
   *   or the text of another than the snippet, that has its names of files
   */
  static async start(kind, { gateway, changes = {}, text }) {
    const proxy = new Proxy();
    proxy.folder = await mkdtemp(path.join(tmpdir(), 'lastword-proxy-'));
    proxy.port = await freePort();
    proxy.certificate = path.join(proxy.folder, 'certificate.pem');
    proxy.key = path.join(proxy.folder, 'key.pem');
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${NAME}`],
      ...['-addext', `subjectAltName=DNS:${NAME}`, '-keyout', proxy.key, '-out', proxy.certificate],
    ]);
    const whole = text ?? put(await snippet(kind), { '127.0.0.1:8080': `127.0.0.1:${gateway}`, ...changes });
    await proxy.#run(await find(kind), await KINDS[kind](proxy, whole));
    return proxy;
  }

  async write(name, text) {
    await mkdir(this.folder, { recursive: true });
    await writeFile(path.join(this.folder, name), text);
    return path.join(this.folder, name);
  }

  async #run(program, options) {
    const env = { ...process.env, HOME: this.folder, XDG_DATA_HOME: this.folder, XDG_CONFIG_HOME: this.folder };
    this.#child = spawn(program, options, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const exit = once(this.#child, 'exit');
    for (const output of [this.#child.stdout, this.#child.stderr]) output.on('data', (bytes) => (this.#log += bytes));
    await until(`${program} listens`, async () => {
      if (this.#child.exitCode !== null) throw new Error(`${program} ended:\n${this.#log}`);
      return isOpen(this.port);
    });
    this.stop = async () => {
      this.#child.kill('SIGTERM');
      await exit;
      await rm(this.folder, { recursive: true, force: true });
    };
  }

  /** A client's HTTP/2 connection through the proxy. */
  async http2() {
    const session = http2.connect(`https://${NAME}:${this.port}`, { createConnection: () => this.#tls(['h2']) });
    session.on('error', () => {}); // its streams tell
    await once(session, 'connect');
    return session;
  }

  /** A client's connection in HTTP/1.1. */
  async http1() {
    const socket = this.#tls(['http/1.1']);
    await once(socket, 'secureConnect');
    return socket;
  }

  #tls(protocols) {
    return tls.connect({ host: '127.0.0.1', port: this.port, servername: NAME, ALPNProtocols: protocols, rejectUnauthorized: false });
  }
}

async function isOpen(port) {
  const socket = net.connect(port, '127.0.0.1');
  return new Promise((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false))).finally(() => socket.destroy());
}

/** One request on an HTTP/2 connection: keeps all that arrives, and can be gone at once. */
export class Http2Client {
  #stream;
  #decoder = new TextDecoder();
  text = '';

  constructor(session, { method = 'GET', path: target, headers = {}, body }) {
    this.#stream = session.request({ ':method': method, ':path': target, ...headers });
    this.head = once(this.#stream, 'response').then(([fields]) => {
      this.status = fields[':status'];
      this.headers = fields;
      return this;
    });
    this.head.catch(() => {}); // whoever waits for it is told
    this.#stream.on('data', (bytes) => (this.text += this.#decoder.decode(bytes, { stream: true })));
    this.done = new Promise((resolve) => {
      this.#stream.on('error', (error) => (this.error = error));
      this.#stream.on('close', () => resolve(this));
    });
    this.#stream.end(body);
  }

  get events() {
    return parseEvents(this.text);
  }

  leave() {
    this.#stream.close(http2.constants.NGHTTP2_CANCEL);
  }
}
