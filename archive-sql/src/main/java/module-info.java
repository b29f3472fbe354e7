/**
 * The archive as rows of a database that speaks SQL: what stores of several kinds have in common.
 */
module dev.lastword.archive.sql {
  requires transitive dev.lastword.archive;
  requires transitive java.sql;
  requires org.slf4j;
  requires tools.jackson.core;
  requires static org.jspecify;

  exports dev.lastword.archive.sql;
}
