/** The pieces of an OpenAI Responses stream, as an upstream sends them. */

const base = (id, status, more = {}) => ({
  id,
  object: 'response',
  created_at: 1764300000,
  status,
  background: true,
  model: 'scripted',
  output: [],
  usage: null,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  ...more,
});

const at = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const item = (status, content) => ({ id: 'msg_1', type: 'message', role: 'assistant', status, content });
const part = (text) => ({ type: 'output_text', text, annotations: [], logprobs: [] });

/** Begins an answer; gives what says its events, which numbers them. */
export function begin(exchange, id) {
  let sequence_number = 0;
  const say = (type, more) =>
    exchange.chunk(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...more })}\n\n`);
  exchange.stream();
  say('response.created', { response: base(id, 'in_progress') });
  say('response.in_progress', { response: base(id, 'in_progress') });
  say('response.output_item.added', { output_index: 0, item: item('in_progress', []) });
  say('response.content_part.added', { ...at, part: part('') });
  return Object.assign(say, { id });
}

export function deltas(say, words) {
  for (const delta of words) say('response.output_text.delta', { ...at, delta, logprobs: [] });
}

export function complete(say, text) {
  say('response.output_text.done', { ...at, text, logprobs: [] });
  say('response.content_part.done', { ...at, part: part(text) });
  const done = item('completed', [part(text)]);
  say('response.output_item.done', { output_index: 0, item: done });
  const usage = { input_tokens: 3, input_tokens_details: { cached_tokens: 0 }, output_tokens: 4, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 7 };
  say('response.completed', { response: base(say.id, 'completed', { output: [done], usage }) });
}
