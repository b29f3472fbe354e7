/** A Java application's answers in its own PostgreSQL. */
module dev.lastword.library.postgresql {
  requires transitive dev.lastword.library;
  requires dev.lastword.archive.postgresql;
  requires static org.jspecify;

  exports dev.lastword.library.postgresql;
}
