/** Which node has which shard. */
module dev.lastword.cluster {
  requires transitive dev.lastword.journal.postgresql;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.lastword.cluster;
}
