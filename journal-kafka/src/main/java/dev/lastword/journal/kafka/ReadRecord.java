package dev.lastword.journal.kafka;

import java.util.Optional;

/**
 * A record of the partition, as it was read.
 *
 * @param offset its place
 * @param leaderEpoch of the leader that took it; 0 if the broker does not say
 * @param timeMs its time stamp
 * @param change what it says; empty if it is none of Lastword's
 */
record ReadRecord(long offset, int leaderEpoch, long timeMs, Optional<Change> change) {}
