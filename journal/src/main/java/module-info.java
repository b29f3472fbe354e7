/** The append-only, totally ordered record of all streams. */
module dev.lastword.journal {
  requires transitive dev.lastword.sse;
  requires org.slf4j;
  requires org.jctools.core;
  requires static org.jspecify;

  exports dev.lastword.journal;
}
