/** Streams, generations, the seal, save hooks and subscribers. */
module dev.lastword.stream {
  requires transitive dev.lastword.dialect;
  requires transitive dev.lastword.journal;
  requires transitive dev.lastword.archive;
  requires org.jctools.core;
  requires org.slf4j;
  requires tools.jackson.core;
  requires static org.jspecify;

  exports dev.lastword.stream;
}
