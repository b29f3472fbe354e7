/** The journal as rows of PostgreSQL. */
module dev.lastword.journal.postgresql {
  requires transitive dev.lastword.journal;
  requires transitive java.sql;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.lastword.journal.postgresql;
}
