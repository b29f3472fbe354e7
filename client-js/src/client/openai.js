/** @import { ServerSentEvent } from './sse.js' */

/**
 * The text that an event of an OpenAI chat completion adds to the first choice, `''` when it adds none.
 *
 * @param {ServerSentEvent} event
 * @returns {string}
 */
export function textDelta(event) {
  if (event.data === '[DONE]') return '';
  try {
    /** @type {any} */
    const chunk = JSON.parse(event.data);
    const content = chunk.choices?.find((/** @type {any} */ choice) => choice.index === 0)?.delta?.content;
    return typeof content === 'string' ? content : '';
  } catch {
    return ''; // not a chunk: nothing that a person would read
  }
}
