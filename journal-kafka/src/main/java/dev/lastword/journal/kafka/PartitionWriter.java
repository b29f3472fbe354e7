package dev.lastword.journal.kafka;

import dev.lastword.journal.DiskLostException;
import dev.lastword.journal.FencedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes changes, one call after the other, under the epoch of an opening. Thread-safe.
 *
 * <p>The fence is the partition's own order. A record has an {@link Change.Opened} of a later epoch
 * before it, and is void, or it has not; and all readers see the same order. Its writer knows by
 * the offset that it got: where that is the next one, nothing came between. Where it is not, what
 * came between is read before anything is acknowledged. An offset that is less than the next one
 * says that the partition has lost records that enough replicas had.
 */
final class PartitionWriter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KafkaJournal.class);

  private static final int TRIES_MAX = 100;
  private static final Duration CLOSE = Duration.ofSeconds(5);
  private static final long LATE_MS = 10_000;

  private final ReentrantLock writing = new ReentrantLock();
  private final KafkaPartition place;
  private final Producer<byte[], byte[]> producer;
  private final PartitionReader reader;
  private final Contents contents;
  private final long answerMs;
  private long epoch;

  /** The offset that the next record gets if nobody else writes. */
  private long next;

  /** Why nothing is written any more. */
  private volatile @Nullable IOException failed;

  /**
   * Takes the journal over from whoever has it.
   *
   * @param reader reads what others wrote meanwhile
   * @param contents what the records up to {@code end} amount to
   * @throws IOException if it cannot be told whether that is so
   */
  PartitionWriter(KafkaPartition place, PartitionReader reader, Contents contents, long end)
      throws IOException {
    this.place = place;
    this.reader = reader;
    this.contents = contents;
    this.next = end;
    this.answerMs = Clients.deliveryMs(place) + LATE_MS;
    this.producer = Clients.producer(place);
    try {
      open();
    } catch (IOException | RuntimeException e) {
      producer.close(Duration.ZERO);
      throw e;
    }
  }

  /**
   * Says who writes from now on. Of two who open at once the first is the owner until the other
   * tries again; and one that did not know which leader takes its record tries again, too.
   */
  private void open() throws IOException {
    for (int tries = 0; tries < TRIES_MAX; tries++) {
      long wanted = Math.max(contents.epoch() + 1, contents.epochMin());
      long offset = send(List.of(new Change.Opened(wanted, self()))).getFirst().offset();
      if (offset < next) {
        throw lost(offset);
      }
      reader.read(next, offset + 1, contents::take);
      next = offset + 1;
      if (contents.owner().filter(owner -> owner.offset() == offset).isPresent()) {
        epoch = wanted;
        return;
      }
    }
    throw new IOException("others open the journal again and again");
  }

  /** This process, as others are told of it. */
  private static String self() {
    try {
      return "process %d on %s"
          .formatted(ProcessHandle.current().pid(), InetAddress.getLocalHost().getHostName());
    } catch (UnknownHostException e) {
      return "process " + ProcessHandle.current().pid();
    }
  }

  long epoch() {
    return epoch;
  }

  /** Whether nothing is written any more, whatever was being written when that showed. */
  boolean isLost() {
    return failed != null;
  }

  /**
   * Writes changes, which are durable when this returns, and part of the contents.
   *
   * @throws FencedException if another process has opened the journal since
   * @throws DiskLostException if they were not written, or nobody knows; then nothing is written
   *     any more, or it would stand behind what is perhaps not there
   */
  void append(List<Change> changes) throws IOException {
    writing.lock();
    try {
      requireSound();
      try {
        appendNext(changes);
      } catch (FencedException | DiskLostException | Error e) {
        fail(e);
        throw e;
      } catch (IOException | RuntimeException e) {
        fail(e);
        throw new DiskLostException("nothing is written any more: " + e.getMessage(), e);
      }
    } finally {
      writing.unlock();
    }
  }

  private void requireSound() throws IOException {
    var why = failed;
    if (why instanceof FencedException fenced) {
      throw new FencedException(String.valueOf(why.getMessage()), fenced.current().value());
    }
    if (why != null) {
      throw new DiskLostException("nothing is written any more: " + why.getMessage(), why);
    }
  }

  private void appendNext(List<Change> changes) throws IOException {
    var places = send(changes);
    for (int i = 0; i < changes.size(); i++) {
      long offset = places.get(i).offset();
      if (offset < next) {
        throw lost(offset);
      }
      if (offset == next) {
        contents.take(offset, changes.get(i));
      } else {
        reader.read(next, offset + 1, contents::take);
      }
      next = offset + 1;
    }
    if (contents.epoch() != epoch) {
      throw fenced();
    }
  }

  /**
   * Hands records over, and waits until enough replicas have them all. Whoever is interrupted waits
   * as well: it is one of several threads, and the journal would end with its haste.
   */
  private List<RecordMetadata> send(List<Change> changes) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      var sent = new ArrayList<Future<RecordMetadata>>();
      for (var change : changes) {
        sent.add(producer.send(ChangeForm.of(change, place)));
      }
      var written = new ArrayList<RecordMetadata>();
      while (written.size() < sent.size()) {
        try {
          written.add(answer(sent.get(written.size())));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      return written;
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      throw new DiskLostException("nobody knows whether it was flushed: " + Clients.reason(e), e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private RecordMetadata answer(Future<RecordMetadata> sent)
      throws InterruptedException, ExecutionException, TimeoutException, IOException {
    var metadata = sent.get(answerMs, TimeUnit.MILLISECONDS);
    if (!metadata.hasOffset()) {
      throw new DiskLostException("nobody knows whether it was flushed: no offset came back");
    }
    return metadata;
  }

  private DiskLostException lost(long offset) {
    return new DiskLostException(
        "the partition has lost records: what should stand at offset %d got %d"
            .formatted(next, offset));
  }

  private FencedException fenced() {
    var by =
        contents
            .owner()
            .map(
                owner ->
                    "%s at %s, epoch %d"
                        .formatted(
                            owner.name(), Instant.ofEpochMilli(owner.timeMs()), owner.epoch()))
            .orElse("another process");
    return new FencedException(
        "journal %s was taken over by %s; epoch %d is fenced out".formatted(place, by, epoch),
        contents.epoch());
  }

  /** Takes back what is not under way yet: it must not come behind what failed. */
  private void fail(Throwable cause) {
    failed = cause instanceof IOException why ? why : new IOException(cause.toString(), cause);
    closeProducer(Duration.ZERO);
  }

  private void closeProducer(Duration patience) {
    boolean interrupted = Thread.interrupted(); // it would not wait for its thread
    try {
      producer.close(patience);
    } catch (KafkaException e) {
      log.warn("journal.connection_not_closed journal={} cause={}", place, Clients.reason(e));
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    writing.lock();
    try {
      if (failed == null) {
        failed = new IOException("the journal is closed");
        closeProducer(CLOSE);
      }
    } finally {
      writing.unlock();
    }
  }
}
