/** Reads an event stream to its end, over as many connections as it takes. */
module dev.lastword.reader {
  requires transitive dev.lastword.sse;
  requires transitive java.net.http;
  requires static org.jspecify;

  exports dev.lastword.reader;
}
