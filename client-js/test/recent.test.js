import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { forget, keyIn, newKey, recent, remember } from '../page/recent.js';

/** @type {Map<string, string>} */
let stored;

beforeEach(() => {
  stored = new Map();
  globalThis.localStorage = {
    getItem: (name) => stored.get(name) ?? null,
    setItem: (name, value) => stored.set(name, value),
  };
});

test('given conversations, then the one spoken in last comes first, under the words that it began with', () => {
  remember('first-key', '  Hello\n  there ');
  remember('second-key', 'x'.repeat(100));
  remember('first-key', 'Something else');

  assert.deepEqual(recent(), [
    { key: 'first-key', title: 'Hello there' },
    { key: 'second-key', title: `${'x'.repeat(59)}…` },
  ]);
  forget('first-key');
  assert.deepEqual(recent().map(({ key }) => key), ['second-key']);
});

test('given many conversations, then the oldest are forgotten', () => {
  for (let i = 0; i < 60; i++) remember(`key-number-${i}`, 'a');
  assert.equal(recent().length, 50);
  assert.equal(recent()[0].key, 'key-number-59');
});

test('given the storage is off or holds something else, then there is nothing to remember, and no error', () => {
  for (const value of ['{', '7', '[{"key":"<b>","title":"x"},{"key":"good-key","title":7},null]']) {
    stored.set('lastword.conversations', value);
    assert.deepEqual(recent(), []);
  }
  globalThis.localStorage = undefined;
  remember('some-key', 'a');
  assert.deepEqual(recent(), []);
});

test('given an address, then only a key is taken for one', () => {
  const key = newKey();
  assert.equal(key.length, 22);
  assert.notEqual(newKey(), key);
  assert.equal(keyIn(`#${key}`), key);
  for (const hash of ['', '#', '#short', '#has/slash-in-it', `#${'x'.repeat(65)}`, '#<script>alert(1)']) assert.equal(keyIn(hash), null);
});
