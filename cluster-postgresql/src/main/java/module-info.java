/** The leases of a cluster as rows of PostgreSQL, and the threads of a node that keeps its own. */
module dev.lastword.cluster.postgresql {
  requires transitive dev.lastword.cluster;
  requires transitive dev.lastword.journal.postgresql;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.lastword.cluster.postgresql;
}
