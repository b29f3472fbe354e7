package dev.lastword.sse;

/** What a reader of an event stream gets to see of one event (WHATWG HTML §9.2.6). */
record Seen(String type, String data, String lastEventId) {}
