/** The pieces of an Anthropic message stream, as an upstream sends them. */

const say = (exchange, type, more = {}) => exchange.chunk(`event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`);

export const begin = (exchange) => {
  say(exchange, 'message_start', {
    message: { id: 'msg-e2e', type: 'message', role: 'assistant', model: 'scripted', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 3, output_tokens: 1 } },
  });
  say(exchange, 'content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
};

export const delta = (exchange, text) => say(exchange, 'content_block_delta', { index: 0, delta: { type: 'text_delta', text } });

export const end = (exchange) => {
  say(exchange, 'content_block_stop', { index: 0 });
  say(exchange, 'message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 4 } });
  say(exchange, 'message_stop');
  exchange.end();
};
