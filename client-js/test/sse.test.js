import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventTooLargeError, SseParser } from '../src/client/sse.js';

/** Input (text or bytes), the events as [type, data, lastEventId, own id], and what the parser knows afterwards. */
const CORPUS = [
  ['one event', 'data: a\n\n', [['message', 'a', '', '']]],
  ['CRLF', 'data: a\r\ndata: b\r\n\r\n', [['message', 'a\nb', '', '']]],
  ['CR', 'data: a\rdata: b\r\r', [['message', 'a\nb', '', '']]],
  ['mixed line ends', 'data: a\r\n\ndata: b\r\rdata: c\n\r\n', [['message', 'a', '', ''], ['message', 'b', '', ''], ['message', 'c', '', '']]],
  ['a CRLF is one line end', 'data: a\r\n\r\ndata: b\n\n', [['message', 'a', '', ''], ['message', 'b', '', '']]],
  ['LF after CR CR is one more blank line', 'data: a\r\r\ndata: b\n\n', [['message', 'a', '', ''], ['message', 'b', '', '']]],
  ['one leading space goes', 'data:  a\ndata:b\ndata:\tc\n\n', [['message', ' a\nb\n\tc', '', '']]],
  ['empty data is an event', 'data\n\ndata:\ndata:\n\n', [['message', '', '', ''], ['message', '\n', '', '']]],
  ['no data is none', 'event: x\n\ndata: a\n\n', [['message', 'a', '', '']]],
  ['type, the last one counts', 'event: x\nevent: y\ndata: a\n\ndata: b\n\n', [['y', 'a', '', ''], ['message', 'b', '', '']]],
  ['an empty type is the default', 'event: x\nevent:\ndata: a\n\n', [['message', 'a', '', '']]],
  ['comments', ': hb\n:\n::x\ndata: a\n: in between\ndata: b\n\n', [['message', 'a\nb', '', '']]],
  ['unknown fields, wrong case, leading space', 'Data: x\n data: y\nfoo: z\nfoo\ndata : w\n\ndata: a\n\n', [['message', 'a', '', '']]],
  ['colons in the value', 'data: a:b: c\n\n', [['message', 'a:b: c', '', '']]],
  ['id is kept', 'id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n', [['message', 'a', '1', '1'], ['message', 'b', '1', ''], ['message', 'c', '', '']]],
  ['id of a block without data is kept', 'id: 7\n\ndata: a\n\n', [['message', 'a', '7', '']]],
  ['id with NUL is ignored', 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n', [['message', 'a', '1', '1'], ['message', 'b', '1', '']]],
  ['NUL in data and type stays', 'event: \0x\ndata: \0\n\n', [['\0x', '\0', '', '']]],
  ['retry', 'retry: 3000\nretry: 1e3\nretry: -1\nretry:\nretry: ٣\n\n', [], { retryMs: 3000 }],
  ['retry counts at once', 'retry: 10', [], { retryMs: -1 }],
  ['one BOM goes', '\uFEFFdata: a\n\n', [['message', 'a', '', '']]],
  ['a second BOM stays', '\uFEFF\uFEFFdata: a\n\ndata: b\n\n', [['message', 'b', '', '']]],
  ['a BOM inside stays', 'data: \uFEFFa\n\n', [['message', '\uFEFFa', '', '']]],
  ['an incomplete block is dropped', 'data: a\n\ndata: b\n', [['message', 'a', '', '']]],
  ['an incomplete line is dropped', 'data: a\n\ndata: b', [['message', 'a', '', '']]],
  ['an id in an incomplete block is not the last one', 'id: 1\ndata: a\n\nid: 2\n', [['message', 'a', '1', '1']], { lastEventId: '1' }],
  ['UTF-8 of every length', 'data: aé€😀\u2028\u0085\n\n', [['message', 'aé€😀\u2028\u0085', '', '']]],
  ['bytes that are no UTF-8', [...bytes('data: '), 0xff, 0xed, 0xa0, 0x80, 0xc3, ...bytes('\n\n')], [['message', '\uFFFD'.repeat(5), '', '']]],
  ['nothing', '', []],
  ['blank lines only', '\n\r\n\r\n\n', []],
];

/** @param {string} text */
function bytes(text) {
  return new TextEncoder().encode(text);
}

/** @param {Uint8Array[]} pieces */
function parse(pieces) {
  const parser = new SseParser();
  const events = pieces.flatMap((piece) => parser.feed(piece));
  return { parser, events: events.map((event) => [event.type, event.data, event.lastEventId, event.id]) };
}

for (const [name, input, expected, after = {}] of CORPUS) {
  test(`given ${name}, when it is cut anywhere, then the events are the same`, () => {
    const whole = typeof input === 'string' ? bytes(input) : Uint8Array.from(input);
    const cuts = [[whole], Array.from(whole, (byte) => Uint8Array.of(byte))];
    for (let i = 0; i <= whole.length; i++) {
      for (let j = i; j <= whole.length; j++) cuts.push([whole.subarray(0, i), whole.subarray(i, j), whole.subarray(j)]);
    }
    for (const pieces of cuts) {
      const { parser, events } = parse(pieces);
      assert.deepEqual(events, expected, pieces.map((piece) => piece.length).join('+'));
      for (const [field, value] of Object.entries(after)) assert.equal(parser[field], value);
    }
  });
}

test('given a CR as the last byte, then its event does not wait for the next byte', () => {
  assert.deepEqual(parse([bytes('data: a\r\r')]).events, [['message', 'a', '', '']]);
});

test('given an event beyond the bound, when it grows, then it is refused; many small ones are not', () => {
  const parser = new SseParser(64);
  for (let i = 0; i < 100; i++) {
    parser.feed(bytes(': a heartbeat without a blank line\n'));
    assert.equal(parser.feed(bytes('id: 1\ndata: small\n\n')).length, 1);
  }
  assert.throws(() => parser.feed(bytes('data: ' + 'x'.repeat(64))), EventTooLargeError);
});

test('given an event of 8 MiB in small pieces, then it is put together', () => {
  const parser = new SseParser();
  const piece = bytes('x'.repeat(1024));
  parser.feed(bytes('data: '));
  for (let i = 0; i < 8192; i++) parser.feed(piece);
  assert.equal(parser.feed(bytes('\n\n'))[0].data.length, 8 * 1024 * 1024);
});
