const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-zoo',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'zoo',
    choices: [{ index: 0, delta, finish_reason }],
  })}\n\n`;

export const delta = (content) => chunk({ content });
export const FINISH = chunk({}, 'stop');
export const DONE = 'data: [DONE]\n\n';
export const ERROR = 'data: {"error":{"message":"the upstream broke off","type":"server_error"}}\n\n';

/** The whole answer's deltas as events. */
export async function* deltas(words) {
  for await (const word of words) yield delta(word);
}
