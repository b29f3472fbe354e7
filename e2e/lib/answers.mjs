/** Draws streams as each vendor's endpoint writes them, with all that varies: `[type, data]`, of which type may be `''`. */
export const draw = {
  'openai-chat': chat,
  'openai-responses': responses,
  anthropic,
  gemini,
  'ai-sdk-ui': uiStream,
  'ag-ui': agUi,
};

const WORDS = ['kelp ', 'is ', '“ü”', '𝄞', '\n\n', '\\n', ' data: [DONE]', '\u2028', '{"finish_reason":"stop"}', ''];

/** The events as bytes of a body; line ends vary, and comments stand between. */
export function written(events, random, ends = ['\n', '\n', '\r\n']) {
  const end = random.of(ends);
  return events
    .map(([type, data]) => {
      const comment = random.between(0, 9) === 0 ? `: hm${end}${end}` : '';
      const name = type ? `event: ${type}${end}` : '';
      return `${comment}${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}${end}${end}`;
    })
    .join('');
}

const words = (random, least = 1, most = 5) => Array.from({ length: random.between(least, most) }, () => random.of(WORDS));

function json(random, depth = 2) {
  switch (random.between(0, depth > 0 ? 5 : 3)) {
    case 0: return random.between(-5, 1000);
    case 1: return random.of(WORDS);
    case 2: return random.of([true, false, null]);
    case 3: return 1.5;
    case 4: return Array.from({ length: random.between(0, 3) }, () => json(random, depth - 1));
    default: return Object.fromEntries(['a', 'b/c', 'd~'].slice(0, random.between(0, 3)).map((name) => [name, json(random, depth - 1)]));
  }
}

/** Pieces of a text, cut anywhere. */
function pieces(random, text) {
  const cut = [];
  for (let at = 0; at < text.length;) {
    const to = Math.min(text.length, at + random.between(1, 8));
    cut.push(text.slice(at, to));
    at = to;
  }
  return cut;
}

function chat(random) {
  const head = { id: `chatcmpl-${random.between(1, 999)}`, object: 'chat.completion.chunk', created: 1764300000, model: 'm-1' };
  const events = [];
  const chunk = (choices, more = {}) => events.push(['', { ...head, choices, ...more }]);
  const choice = (index, delta, finish_reason = null, more = {}) => ({ index, delta, finish_reason, ...more });
  const n = random.of([1, 1, 1, 2, 3]);
  if (random.between(0, 4) === 0) chunk([], { prompt_filter_results: [] });
  const turns = random.of([1, 1, 1, 2]);
  for (let turn = 0; turn < turns; turn++) {
    // SDKs merge calls of two turns into one; only the first has any.
    const all = Array.from({ length: n }, (_, index) => choiceOf(random, index, choice, turn === 0 ? 5 : 3));
    while (all.some((rest) => rest.length)) {
      const one = random.of(all.filter((rest) => rest.length));
      chunk([one.shift()]);
    }
  }
  if (random.between(0, 1)) chunk([], { usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } });
  events.push(['', '[DONE]']);
  return events;
}

function choiceOf(random, index, choice, kinds) {
  const parts = [choice(index, { role: 'assistant', content: random.of(['', null]), refusal: null })];
  const everyChunk = random.between(0, 9) === 0 ? 'stop' : null;
  const kind = random.between(0, kinds);
  if (kind !== 0) for (const word of words(random)) parts.push(choice(index, { content: word }, everyChunk));
  if (kind === 1) for (const word of words(random)) parts.push(choice(index, { refusal: word }));
  if (kind >= 4) {
    const calls = random.between(1, 3);
    for (let call = 0; call < calls; call++) {
      const name = random.of(['search', 'clock']);
      parts.push(choice(index, { tool_calls: [{ index: call, id: `call_${index}_${call}`, type: 'function', function: { name, arguments: '' } }] }));
      for (const piece of pieces(random, JSON.stringify({ q: json(random) }))) {
        parts.push(choice(index, { tool_calls: [{ index: call, function: { arguments: piece } }] }));
      }
    }
  }
  parts.push(choice(index, {}, kind >= 4 ? 'tool_calls' : random.of(['stop', 'length', 'content_filter'])));
  return parts;
}

function responses(random) {
  let sequence_number = 0;
  const events = [];
  const say = (type, more) => events.push([type, { type, sequence_number: sequence_number++, ...more }]);
  const response = { id: 'resp_1', object: 'response', created_at: 1764300000, status: 'in_progress', model: 'm-1', output: [], usage: null, error: null, incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true, temperature: 1, tool_choice: 'auto', tools: [], top_p: 1 };
  say('response.created', { response });
  say('response.in_progress', { response });
  const output = [];
  for (let output_index = 0; output_index < random.between(1, 3); output_index++) {
    output.push(random.between(0, 2) ? message(random, output_index, say) : call(random, output_index, say));
  }
  const usage = { input_tokens: 3, input_tokens_details: { cached_tokens: 0 }, output_tokens: 4, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 7 };
  const incomplete = random.between(0, 4) === 0;
  say(incomplete ? 'response.incomplete' : 'response.completed', {
    response: { ...response, status: incomplete ? 'incomplete' : 'completed', output, usage },
  });
  return events;
}

function message(random, output_index, say) {
  const item = { id: `msg_${output_index}`, type: 'message', status: 'in_progress', role: 'assistant', content: [] };
  say('response.output_item.added', { output_index, item });
  const content = [];
  for (let content_index = 0; content_index < random.between(1, 2); content_index++) {
    const at = { item_id: item.id, output_index, content_index };
    const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
    say('response.content_part.added', { ...at, part });
    let text = '';
    for (const delta of words(random)) {
      say('response.output_text.delta', { ...at, delta, logprobs: [] });
      text += delta;
    }
    say('response.output_text.done', { ...at, text, logprobs: [] });
    const done = { ...part, text };
    say('response.content_part.done', { ...at, part: done });
    content.push(done);
  }
  const done = { ...item, status: 'completed', content };
  say('response.output_item.done', { output_index, item: done });
  return done;
}

function call(random, output_index, say) {
  const item = { id: `fc_${output_index}`, type: 'function_call', call_id: `call_${output_index}`, name: 'search', arguments: '', status: 'in_progress' };
  say('response.output_item.added', { output_index, item });
  const args = JSON.stringify({ q: json(random) });
  for (const delta of pieces(random, args)) say('response.function_call_arguments.delta', { item_id: item.id, output_index, delta });
  say('response.function_call_arguments.done', { item_id: item.id, output_index, name: item.name, arguments: args });
  const done = { ...item, arguments: args, status: 'completed' };
  say('response.output_item.done', { output_index, item: done });
  return done;
}

function anthropic(random) {
  const events = [];
  const say = (type, more = {}) => events.push([type, { type, ...more }]);
  say('message_start', {
    message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm-1', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 5, cache_read_input_tokens: 1, output_tokens: 1 } },
  });
  if (random.between(0, 1)) say('ping');
  let tool = false;
  for (let index = 0; index < random.between(1, 4); index++) {
    const type = random.of(['text', 'text', 'thinking', 'tool_use', 'redacted_thinking']);
    tool ||= type === 'tool_use';
    const begun = {
      text: { text: '' },
      thinking: { thinking: '', signature: '' },
      tool_use: { id: `toolu_${index}`, name: 'search', input: {} },
      redacted_thinking: { data: 'abc' },
    }[type];
    say('content_block_start', { index, content_block: { type, ...begun } });
    const grow = (delta) => say('content_block_delta', { index, delta });
    if (type === 'text') {
      for (const text of words(random)) grow({ type: 'text_delta', text });
      if (random.between(0, 3) === 0) grow({ type: 'citations_delta', citation: { type: 'char_location', cited_text: 'x', document_index: 0, start_char_index: 0, end_char_index: 1 } });
    } else if (type === 'thinking') {
      for (const thinking of words(random)) grow({ type: 'thinking_delta', thinking });
      grow({ type: 'signature_delta', signature: 'c2ln' });
    } else if (type === 'tool_use' && random.between(0, 4)) {
      for (const partial_json of pieces(random, JSON.stringify({ q: json(random) }))) grow({ type: 'input_json_delta', partial_json });
    }
    say('content_block_stop', { index });
  }
  say('message_delta', { delta: { stop_reason: tool ? 'tool_use' : random.of(['end_turn', 'max_tokens']), stop_sequence: null }, usage: { output_tokens: random.between(1, 99) } });
  say('message_stop');
  return events;
}

function gemini(random) {
  const events = [];
  const say = (parts, more = {}, top = {}) =>
    events.push(['', { candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }], modelVersion: 'm-1', responseId: 'r-1', ...top }]);
  for (const word of words(random, 1, 6)) {
    const part = random.of([{ text: word }, { text: word }, { text: word, thought: true }, { functionCall: { name: 'search', args: { q: random.of(WORDS) } } }]);
    say(random.between(0, 4) ? [part] : [part, { text: random.of(WORDS) }], random.between(0, 9) === 0 ? { finishReason: 'STOP' } : {});
  }
  say(random.between(0, 1) ? [{ text: 'end.' }] : [{ text: '' }], { finishReason: random.of(['STOP', 'MAX_TOKENS']) }, { usageMetadata: { promptTokenCount: 3, totalTokenCount: 7 } });
  return events;
}

function uiStream(random) {
  const events = [];
  const say = (type, more = {}) => events.push(['', { type, ...more }]);
  say('start', { messageId: 'm-1', ...(random.between(0, 1) ? { messageMetadata: { a: 1, deep: { b: 1 } } } : {}) });
  for (let step = 0; step < random.between(1, 2); step++) {
    say('start-step');
    for (let part = 0; part < random.between(1, 3); part++) uiPart(random, `${step}-${part}`, say);
    say('finish-step');
  }
  if (random.between(0, 1)) say('message-metadata', { messageMetadata: { c: 2, deep: { d: 2 } } });
  say('finish', random.between(0, 1) ? { finishReason: 'stop' } : {});
  if (random.between(0, 3) === 0) {
    say('start-step');
    uiPart(random, 'late', say); // what was merged had a finish of its own
    say('finish-step');
    say('finish');
  }
  events.push(['', '[DONE]']);
  return events;
}

function uiPart(random, id, say) {
  switch (random.between(0, 6)) {
    case 0: case 1: case 2: {
      const kind = random.of(['text', 'text', 'reasoning']);
      say(`${kind}-start`, { id });
      for (const delta of words(random)) say(`${kind}-delta`, { id, delta });
      say(`${kind}-end`, { id });
      break;
    }
    case 3: {
      const toolCallId = `call-${id}`;
      const input = { q: json(random) };
      say('tool-input-start', { toolCallId, toolName: 'search' });
      for (const inputTextDelta of pieces(random, JSON.stringify(input))) say('tool-input-delta', { toolCallId, inputTextDelta });
      say('tool-input-available', { toolCallId, toolName: 'search', input });
      if (random.between(0, 1)) say('tool-output-available', { toolCallId, output: { hits: json(random) } });
      break;
    }
    case 4: say('source-url', { sourceId: `s-${id}`, url: 'https://a.example', title: 'A' }); break;
    case 5: say('file', { url: 'data:text/plain;base64,QQ==', mediaType: 'text/plain' }); break;
    default: {
      say('data-weather', { id: 'w', data: { at: id } });
      say('data-note', { data: json(random), transient: random.between(0, 1) === 1 });
    }
  }
}

function agUi(random) {
  const events = [];
  const say = (type, more = {}) => events.push(['', { type, ...more }]);
  const runs = random.of([1, 1, 2]);
  let state = {};
  for (let run = 0; run < runs; run++) {
    const ids = { threadId: 't1', runId: `r${run}` };
    say('RUN_STARTED', ids);
    for (let part = 0; part < random.between(1, 4); part++) state = agUiPart(random, `${run}-${part}`, say, state);
    say('RUN_FINISHED', ids);
  }
  return events;
}

function agUiPart(random, id, say, state) {
  const messageId = `m-${id}`;
  switch (random.between(0, 6)) {
    case 0: case 1:
      say('TEXT_MESSAGE_START', { messageId, role: 'assistant' });
      for (const delta of words(random).filter(Boolean)) say('TEXT_MESSAGE_CONTENT', { messageId, delta });
      say('TEXT_MESSAGE_END', { messageId });
      return state;
    case 2: {
      const toolCallId = `c-${id}`;
      say('TOOL_CALL_START', { toolCallId, toolCallName: 'search', ...(random.between(0, 1) ? { parentMessageId: messageId } : {}) });
      for (const delta of pieces(random, JSON.stringify({ q: json(random) }))) say('TOOL_CALL_ARGS', { toolCallId, delta });
      say('TOOL_CALL_END', { toolCallId });
      if (random.between(0, 1)) say('TOOL_CALL_RESULT', { messageId: `result-${id}`, toolCallId, content: random.of(WORDS), role: 'tool' });
      return state;
    }
    case 3: {
      const snapshot = { list: [1, 2], deep: json(random), n: 0 };
      say('STATE_SNAPSHOT', { snapshot });
      return snapshot;
    }
    case 4:
      if (Array.isArray(state.list)) {
        const delta = [{ op: 'add', path: random.of(['/list/-', '/list/0']), value: json(random) }, { op: 'replace', path: '/n', value: random.between(1, 9) }];
        if (random.between(0, 3) === 0) delta.push({ op: 'remove', path: '/not/there' });
        say('STATE_DELTA', { delta });
      }
      return state;
    case 5:
      say('TEXT_MESSAGE_CHUNK', { messageId, role: 'assistant', delta: 'One ' });
      say('TEXT_MESSAGE_CHUNK', { delta: 'two.' });
      return state;
    default:
      say('REASONING_MESSAGE_START', { messageId, role: 'reasoning' });
      say('REASONING_MESSAGE_CONTENT', { messageId, delta: 'Hm.' });
      say('REASONING_MESSAGE_END', { messageId });
      return state;
  }
}
