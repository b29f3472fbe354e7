/** The archive in one SQLite file. */
module dev.lastword.archive.sqlite {
  requires transitive dev.lastword.archive.sql;
  requires org.xerial.sqlitejdbc;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.lastword.archive.sqlite;
}
