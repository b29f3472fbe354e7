/** The archive as rows of PostgreSQL. */
module dev.lastword.archive.postgresql {
  requires transitive dev.lastword.archive.sql;
  requires transitive dev.lastword.journal.postgresql;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.lastword.archive.postgresql;
}
