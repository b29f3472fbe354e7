/** Where closed streams and assembled responses rest, as SQL. */
module dev.lastword.archive {
  requires transitive dev.lastword.journal;
  requires java.sql;
  requires com.zaxxer.hikari;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.lastword.archive;
}
