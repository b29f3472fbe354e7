/** Where streams and assembled responses rest: the interface that stores of several kinds have. */
module dev.lastword.archive {
  requires transitive dev.lastword.journal;
  requires static org.jspecify;

  exports dev.lastword.archive;
}
