/** Which node has which shard, and what a node decides about that. */
module dev.lastword.cluster {
  requires transitive dev.lastword.journal;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.lastword.cluster;
}
