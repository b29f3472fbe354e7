/** Where closed streams and assembled responses rest, as SQL. */
module dev.lastword.archive {
  requires transitive dev.lastword.journal;
  requires java.sql;
  requires org.xerial.sqlitejdbc;
  requires org.slf4j;
  requires tools.jackson.core;
  requires static org.jspecify;

  exports dev.lastword.archive;
}
