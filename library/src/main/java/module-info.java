/** The promise inside a Java application. */
module dev.lastword.library {
  requires transitive dev.lastword.stream;
  requires dev.lastword.archive.sqlite;
  requires transitive java.net.http;
  requires transitive java.sql;
  requires dev.lastword.reader;
  requires org.slf4j;
  requires tools.jackson.core;
  requires static org.jspecify;

  exports dev.lastword.library;
}
