/** Splits what arrived so far into whole events; a small parser of its own, so that no mistake is shared with the gateway's. */
export function parseEvents(text) {
  const events = [];
  const blocks = text.split('\n\n');
  for (const block of blocks.slice(0, -1)) {
    const event = { id: undefined, type: 'message', data: undefined };
    for (const line of block.split('\n')) {
      const [, field, value] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
      if (field === 'data') event.data = event.data === undefined ? (value ?? '') : `${event.data}\n${value ?? ''}`;
      if (field === 'id') event.id = value ?? '';
      if (field === 'event') event.type = value ?? '';
    }
    if (event.data !== undefined) events.push(event);
  }
  return events;
}

/** How many heartbeats a body has: comments, or bare line ends for Gemini, whose SDK for Python breaks on any comment. */
export function beatsIn(body, dialect) {
  if (dialect !== 'gemini') return body.match(/^: hb\n\n/gm)?.length ?? 0;
  const [{ length: first }, ...behindEvents] = [/^\n*/.exec(body)[0], ...(body.match(/\n{3,}/g) ?? [])];
  return behindEvents.reduce((sum, { length }) => sum + length - 2, first);
}
