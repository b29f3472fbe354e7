package dev.lastword.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real journal with real threads: appenders, readers that are interrupted, replays, trims, and a
 * close in the middle of it all, again and again. For {@code -Dlastword.stress.seconds=300}
 * seconds, or three.
 */
class JournalStressTest {
  private static final long SECONDS = Long.getLong("lastword.stress.seconds", 3);
  private static final long LIFE_MILLIS = 400;
  private static final int APPENDERS = 3;
  private static final int IN_FLIGHT = 200;

  @TempDir Path directory;

  /** What was acknowledged and not trimmed, by position, over all lives of the journal. */
  private final ConcurrentSkipListMap<Long, Entry> kept = new ConcurrentSkipListMap<>();

  private final Map<StreamId, Long> appended = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final AtomicLong trimmedBelow = new AtomicLong();

  @Test
  void givenAllAtOnce_whenClosedAndReopened_thenWhatWasAcknowledgedIsThereOnceAndInOrder()
      throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    int lives = 0;
    while (System.nanoTime() - end < 0 || lives < 3) {
      live(new Random(lives++));
      assertThat(failure.get()).isNull();
    }
    verify();
  }

  private void live(Random random) throws InterruptedException {
    var options = new FileJournal.Options(64 << 10, 8 << 10, random.nextBoolean() ? 2_000 : 0, 0);
    var threads = new ArrayList<Thread>();
    try (var journal = FileJournal.open(directory, options)) {
      check(journal);
      for (int i = 0; i < APPENDERS; i++) {
        var stream = new StreamId("stress-stress-stress-" + i);
        long from = appended.getOrDefault(stream, 0L);
        threads.add(start("appender", () -> appended.put(stream, append(journal, stream, from))));
      }
      for (int i = 0; i < 2; i++) {
        long seed = random.nextLong();
        threads.add(start("reader", () -> read(journal, new Random(seed))));
      }
      threads.add(start("replayer", () -> replay(journal)));
      threads.add(start("trimmer", () -> trim(journal)));
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIFE_MILLIS);
      while (System.nanoTime() - end < 0) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        threads
            .get(APPENDERS + random.nextInt(2))
            .interrupt(); // closes a channel under all readers
      }
    }
    for (var thread : threads) {
      thread.join();
    }
  }

  private Thread start(String name, Runnable work) {
    return Thread.ofPlatform()
        .name("stress-" + name)
        .start(
            () -> {
              try {
                work.run();
              } catch (Throwable e) {
                failure.compareAndSet(null, e);
              }
            });
  }

  /** Appends until the journal is closed; returns the number of the last that may be on disk. */
  private long append(Journal journal, StreamId stream, long from) {
    var told = new AtomicLong();
    var inFlight = new Semaphore(IN_FLIGHT);
    long seq = from;
    while (journal.health() != Journal.Health.CLOSED) {
      inFlight.acquireUninterruptibly();
      var entry = event(stream, ++seq);
      journal.append(
          entry,
          journal.fence(),
          new Journal.Ack() {
            private boolean before;

            @Override
            public void durable(long position, long epoch, long timeMs) {
              once();
              if (kept.put(position, entry) != null) {
                failure.set(new AssertionError("two entries at " + position));
              }
            }

            @Override
            public void refused(Journal.Refusal refusal) {
              once();
              if (!(refusal instanceof Journal.Refusal.Closed)) {
                failure.set(new AssertionError("refused: " + refusal));
              }
            }

            private void once() {
              if (before) {
                failure.set(new AssertionError("told twice"));
              }
              before = true;
              told.incrementAndGet();
              inFlight.release();
            }
          });
    }
    long asked = seq - from;
    long began = System.nanoTime();
    while (told.get() < asked && System.nanoTime() - began < TimeUnit.SECONDS.toNanos(20)) {
      LockSupport.parkNanos(100_000);
    }
    if (told.get() != asked) {
      failure.set(new AssertionError(told.get() + " of " + asked + " appends were told"));
    }
    return seq;
  }

  private void read(Journal journal, Random random) {
    while (journal.health() != Journal.Health.CLOSED) {
      var some = kept.higherEntry(random.nextLong(kept.isEmpty() ? 1 : kept.lastKey() + 1));
      if (some != null) {
        try {
          var read = journal.read(some.getKey());
          if (!read.equals(some.getValue())) {
            failure.set(new AssertionError("read another entry at " + some.getKey()));
          }
        } catch (JournalDamagedException e) {
          throw e;
        } catch (JournalFailedException e) {
          boolean mayFail =
              Thread.interrupted()
                  || some.getKey() < trimmedBelow.get()
                  || journal.health() == Journal.Health.CLOSED;
          if (!mayFail) {
            throw e;
          }
        }
      }
    }
  }

  private void replay(Journal journal) {
    while (journal.health() != Journal.Health.CLOSED) {
      long from = trimmedBelow.get();
      var last = new AtomicLong();
      try {
        journal.replay(
            from,
            (entry, position, epoch, timeMs) -> {
              if (position <= last.getAndSet(position)) {
                throw new AssertionError("out of order at " + position);
              }
            });
      } catch (JournalFailedException e) {
        // A segment that it was going through was trimmed, or the journal was closed.
        if (from == trimmedBelow.get() && journal.health() != Journal.Health.CLOSED) {
          throw e;
        }
      }
    }
  }

  private void trim(Journal journal) {
    while (journal.health() != Journal.Health.CLOSED) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      var middle = kept.isEmpty() ? null : kept.ceilingKey((kept.firstKey() + kept.lastKey()) / 2);
      if (middle != null) {
        trimmedBelow.set(middle);
        kept.headMap(middle).clear();
        try {
          journal.trim(middle);
        } catch (JournalFailedException e) {
          if (journal.health() != Journal.Health.CLOSED) {
            throw e;
          }
        }
      }
    }
  }

  private void verify() {
    try (var journal = FileJournal.open(directory, new FileJournal.Options(64 << 10, 8 << 10))) {
      check(journal);
      assertThat(kept).isNotEmpty();
    }
  }

  /** All that is kept is there, where it was said to be; and of each stream all in order. */
  private void check(Journal journal) {
    var found = new ConcurrentSkipListMap<Long, Entry>();
    journal.replay(0, (entry, position, epoch, timeMs) -> found.put(position, entry));
    assertThat(found).containsAllEntriesOf(kept);
    var last = new HashMap<StreamId, Long>();
    for (var entry : List.copyOf(found.values())) {
      long seq = ((Entry.Appended) entry).firstSeq();
      Long before = last.put(entry.stream(), seq);
      assertThat(before == null || seq > before).as("%s %d", entry.stream(), seq).isTrue();
    }
  }

  private static Entry event(StreamId stream, long seq) {
    return new Entry.Appended(
        stream, seq, EncodedEvents.of(List.of(SseEvent.of("x".repeat((int) (seq % 500))))));
  }
}
