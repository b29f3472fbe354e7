/** What ends a response, and how its deltas become a message. */
module dev.lastword.dialect {
  requires transitive dev.lastword.sse;
  requires tools.jackson.core;
  requires static org.jspecify;

  exports dev.lastword.dialect;
}
