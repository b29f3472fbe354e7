/** The promise inside a Java application. */
module dev.lastword.library {
  requires transitive dev.lastword.stream;
  requires dev.lastword.archive.sqlite;
  requires transitive java.sql;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.lastword.library;
}
