/** The journal as records of a partition of Kafka. */
module dev.lastword.journal.kafka {
  requires transitive dev.lastword.journal;
  requires kafka.clients;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.lastword.journal.kafka;
}
