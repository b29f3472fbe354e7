/** The archive in one SQLite file. */
module dev.lastword.archive.sqlite {
  requires transitive dev.lastword.archive;
  requires java.sql;
  requires org.xerial.sqlitejdbc;
  requires org.slf4j;
  requires tools.jackson.core;
  requires static org.jspecify;

  exports dev.lastword.archive.sqlite;
}
