/**
 * One dispatched Server-Sent Event.
 *
 * @typedef {object} ServerSentEvent
 * @property {string} type value of the `event` field, `message` when the sender gave none
 * @property {string} data the `data` lines joined by LF
 * @property {string} id value of the `id` field of this event's own block, `''` when there was none
 * @property {string} lastEventId the id to resume after: kept from earlier blocks when this one has none
 */

/** Thrown for an event that takes more than the parser may hold. */
export class EventTooLargeError extends Error {
  /** @override */
  name = 'EventTooLargeError';
}

/**
 * Turns the bytes of an event stream into events, however they are cut (WHATWG HTML §9.2.6).
 * One parser reads one body.
 */
export class SseParser {
  #decoder = new TextDecoder(); // drops one leading BOM and replaces what is not UTF-8, as the standard asks
  #lineEnd = /[\r\n]/g;
  #line = ''; // the line that has not ended yet
  #endedWithCr = false; // the next LF belongs to that CR
  #size = 0;

  #data = '';
  #type = '';
  #id = '';
  /** @type {string | undefined} */
  #ownId;

  /** Last event ID (§9.2.4): kept across events, also set by a block without data. */
  lastEventId = '';

  /** The last valid `retry` field in milliseconds, or -1. */
  retryMs = -1;

  /**
   * @param {number} [eventCharsMax] most characters that the fields of one event may take together;
   *   {@link feed} throws beyond. 32 Mi by default, twice what a gateway passes on.
   */
  constructor(eventCharsMax = 32 * 1024 * 1024) {
    this.eventCharsMax = eventCharsMax;
  }

  /**
   * Takes the next bytes of the body.
   *
   * @param {Uint8Array} bytes
   * @returns {ServerSentEvent[]} the events that these bytes completed, in order. What has not ended
   *   with a blank line when the body ends is no event, and is dropped by never asking again.
   * @throws {EventTooLargeError} if one event grows beyond `eventCharsMax`
   */
  feed(bytes) {
    /** @type {ServerSentEvent[]} */
    const events = [];
    const text = this.#decoder.decode(bytes, { stream: true });
    let start = 0;
    if (this.#endedWithCr && text !== '') {
      this.#endedWithCr = false;
      if (text[0] === '\n') start = 1;
    }
    for (;;) {
      this.#lineEnd.lastIndex = start;
      const end = this.#lineEnd.exec(text)?.index;
      const piece = text.slice(start, end);
      this.#grow(piece.length);
      if (end === undefined) {
        this.#line += piece;
        return events;
      }
      this.#endLine(this.#line + piece, events);
      this.#line = '';
      start = end + 1;
      if (text[end] === '\r') {
        if (text[start] === '\n') start += 1;
        else this.#endedWithCr = start === text.length;
      }
    }
  }

  /** @param {number} chars */
  #grow(chars) {
    this.#size += chars;
    if (this.#size > this.eventCharsMax) {
      throw new EventTooLargeError(`an event takes more than ${this.eventCharsMax} characters`);
    }
  }

  /** @param {string} line @param {ServerSentEvent[]} events */
  #endLine(line, events) {
    if (line === '') {
      this.#dispatch(events);
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) this.#size -= line.length; // a comment, kept nowhere
    else if (colon < 0) this.#field(line, '');
    else this.#field(line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1));
  }

  /** @param {string} name @param {string} value */
  #field(name, value) {
    if (name === 'data') this.#data += value + '\n';
    else if (name === 'event') this.#type = value;
    else if (name === 'id' && !value.includes('\0')) this.#id = this.#ownId = value;
    else if (name === 'retry' && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
  }

  /** @param {ServerSentEvent[]} events */
  #dispatch(events) {
    this.lastEventId = this.#id;
    if (this.#data !== '') {
      const data = this.#data.slice(0, -1);
      events.push({ type: this.#type || 'message', data, id: this.#ownId ?? '', lastEventId: this.#id });
    }
    this.#data = '';
    this.#type = '';
    this.#ownId = undefined;
    this.#size = 0;
  }
}
