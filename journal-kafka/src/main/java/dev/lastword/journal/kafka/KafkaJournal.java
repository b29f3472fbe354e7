package dev.lastword.journal.kafka;

import dev.lastword.journal.DiskRoom;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.JournalInspector;
import java.io.IOException;

/**
 * A journal in a partition of Kafka: what {@link FileJournal} writes to files, a record for each
 * flush.
 *
 * <p>Opening it writes a record that raises its epoch. Whoever had the journal open before finds
 * that record before the next that it writes itself, which is void, and acknowledges nothing. A
 * flush of which nobody knows whether it was written closes the journal; what of it is there the
 * next opening reads, and what comes later than that opening is void.
 *
 * @see "docs/formats/journal.md §9"
 */
public final class KafkaJournal {
  private static final String CLIENT = "org.apache.kafka.clients.producer.KafkaProducer";

  private KafkaJournal() {}

  /**
   * Opens a journal, and makes the topic if it is not there.
   *
   * @throws JournalFailedException if the brokers refuse, the topic's settings would lose what the
   *     journal needs, a later version wrote it, or what had been flushed is damaged
   */
  public static Journal open(KafkaPartition place, FileJournal.Options layout) {
    try {
      requireClient();
    } catch (IOException e) {
      throw new JournalFailedException("cannot open the journal in " + place, e);
    }
    return FileJournal.open(new KafkaDisk(place), layout, new DiskRoom());
  }

  /**
   * Prints a journal as {@link JournalInspector} prints a folder; changes nothing, and fences
   * nobody.
   *
   * @param content whether to print events and attributes as well
   * @return whether it would open and replay
   * @throws IOException if the brokers refuse, or there is no such journal
   */
  public static boolean print(KafkaPartition place, Appendable out, boolean content)
      throws IOException {
    requireClient();
    try (var disk = new KafkaDisk(place)) {
      disk.look();
      return JournalInspector.print(disk, out, content);
    }
  }

  /** Packages leave it out: it is larger than all else of the gateway's but the JVM. */
  private static void requireClient() throws IOException {
    try {
      Class.forName(CLIENT);
    } catch (ClassNotFoundException e) {
      throw new IOException(
          "Kafka's client is not here: put kafka-clients-4.3.0.jar into the folder of the gateway's"
              + " jars, as docs/guides/kafka.md says",
          e);
    }
  }
}
