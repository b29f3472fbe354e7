/** Server-Sent Events: incremental parser and encoder, without dependencies. */
module dev.lastword.sse {
  requires static org.jspecify;

  exports dev.lastword.sse;
}
