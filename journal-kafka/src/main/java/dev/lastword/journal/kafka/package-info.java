/** The journal as records of a partition of Kafka, and how that is connected to. */
@NullMarked
package dev.lastword.journal.kafka;

import org.jspecify.annotations.NullMarked;
