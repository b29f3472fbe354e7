/** The pieces of an OpenAI chat completion stream, as an upstream sends them. */

export const words = (count, seed = 0) => Array.from({ length: count }, (_, i) => `${i === 0 ? '' : ' '}w${seed + i}`);

const chunk = (choices, more = {}) => ({
  id: 'chatcmpl-e2e',
  object: 'chat.completion.chunk',
  created: 1700000000,
  model: 'scripted',
  choices,
  ...more,
});

export const delta = (content, index = 0) => chunk([{ index, delta: { content }, finish_reason: null }]);

export const role = (index = 0) => chunk([{ index, delta: { role: 'assistant', content: '' }, finish_reason: null }]);

export const finish = (reason = 'stop', index = 0) => chunk([{ index, delta: {}, finish_reason: reason }]);

export const usage = (completion) =>
  chunk([], { usage: { prompt_tokens: 7, completion_tokens: completion, total_tokens: completion + 7 } });

export const toolCall = (index, fields) =>
  chunk([{ index: 0, delta: { tool_calls: [{ index, ...fields }] }, finish_reason: null }]);

/** A script that says all of `text` (an array of deltas) and ends as OpenAI does. */
export const saying = (text) => (exchange) => {
  exchange.stream();
  exchange.data(role());
  for (const part of text) exchange.data(delta(part));
  exchange.data(finish());
  exchange.data('[DONE]');
  exchange.end();
};

/** A door in a script: the script waits until the test opens it. */
export function gate() {
  let open;
  const passed = new Promise((resolve) => (open = resolve));
  return { open, passed };
}
