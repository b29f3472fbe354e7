package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.cluster.Shard;
import dev.lastword.journal.Disk;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The file journal on the store of a simulated cluster: who may write, and what is there. */
class StoreDiskTest {
  private static final StreamId STREAM = new StreamId("stored-stored-stored");

  private final ClusterStore store = new ClusterStore(() -> 0, 10);
  private final ClusterStore.Rows rows = store.rows(new Shard(1));
  private final List<Boolean> changes = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();

  /** What happens to the next flush before it has come to the store, once. */
  private @Nullable Runnable beforeFlush;

  private @Nullable Statement losesAnswersOf;

  private Journal open() {
    return open(disk());
  }

  private Disk disk() {
    return new StoreDisk(
        rows,
        new StoreDisk.Line() {
          @Override
          public <T> T run(Statement kind, Statement.Transaction<T> transaction)
              throws IOException {
            var before = beforeFlush;
            if (kind == Statement.FLUSH && before != null) {
              beforeFlush = null;
              before.run();
            }
            var result = transaction.run();
            if (kind == losesAnswersOf) {
              throw new IOException("nobody knows");
            }
            return result;
          }

          @Override
          public void reach() {}

          @Override
          public void fenced() {}

          @Override
          public void changed(boolean byLast) {
            changes.add(byLast);
          }
        });
  }

  private Journal open(Disk disk) {
    return FileJournal.open(
        new FileJournal.Parts(
            disk, Runnable::run, Runnable::run, nanos::get, () -> 0, new Random(1)),
        new FileJournal.Options(64 << 10, 4 << 10));
  }

  private static String append(Journal journal, long number) {
    var told = new ArrayList<String>();
    journal.append(
        new Entry.Appended(
            STREAM, number, EncodedEvents.of(List.of(SseEvent.of("event " + number)))),
        journal.fence(),
        new Journal.Ack() {
          @Override
          public void durable(long position, long epoch, long timeMs) {
            told.add("durable");
          }

          @Override
          public void refused(Journal.Refusal refusal) {
            told.add(refusal.toString());
          }
        });
    assertThat(told).hasSize(1);
    return told.getFirst();
  }

  private List<Long> kept() {
    var numbers = new ArrayList<Long>();
    open(store.copy(new Shard(1)))
        .replay(
            0,
            (entry, position, epoch, timeMs) -> numbers.add(((Entry.Appended) entry).firstSeq()));
    return numbers;
  }

  @Test
  void givenManyEntries_whenOpenedAgain_thenAllAreThere_alsoOverSegments() {
    var journal = open();
    for (long i = 1; i <= 2_000; i++) {
      assertThat(append(journal, i)).isEqualTo("durable");
    }
    journal.close();

    assertThat(rows.segments().size()).isGreaterThan(2);
    assertThat(kept()).hasSize(2_000).startsWith(1L).endsWith(2_000L);
    assertThat(open().epoch()).isEqualTo(2);
    assertThat(changes).doesNotContain(false);
  }

  @Test
  void givenALaterOpening_whenTheEarlierFlushes_thenItIsRefused_alsoIfItWasOnItsWay() {
    var earlier = open();
    assertThat(append(earlier, 1)).isEqualTo("durable");
    beforeFlush = this::open;

    assertThat(append(earlier, 2))
        .isEqualTo(new Journal.Refusal.Fenced(new FencingToken(2)).toString());
    assertThat(append(earlier, 3)).contains("Fenced");
    assertThat(kept()).containsExactly(1L);
    assertThat(changes).doesNotContain(false);
  }

  @Test
  void givenAFlushWhoseAnswerIsLost_whenTheJournalIsOpenedAgain_thenItIsThere() {
    var journal = open();
    losesAnswersOf = Statement.FLUSH;

    assertThat(append(journal, 1)).contains("Closed");
    losesAnswersOf = null;
    assertThat(append(journal, 2)).contains("Closed");
    assertThat(kept()).containsExactly(1L);
  }

  /**
   * It came to the store, and the journal could not know: it has the segment, and goes on in it.
   */
  @Test
  void givenAnAnswerThatIsLostWhenASegmentIsNamed_whenThatIsTriedAgain_thenTheJournalGoesOn() {
    var journal = open();
    long number = 1;
    while (rows.segments().size() < 3) {
      assertThat(append(journal, number++)).isEqualTo("durable");
    }
    losesAnswersOf = Statement.FILES;
    String told = append(journal, number++);
    while (told.equals("durable")) {
      told = append(journal, number++);
    }
    assertThat(told).contains("Full");

    losesAnswersOf = null;
    nanos.addAndGet(2_000_000_000L);

    assertThat(journal.health()).isEqualTo(Journal.Health.OPEN);
    assertThat(append(journal, number)).isEqualTo("durable");
    assertThat(kept()).contains(number).doesNotContain(number - 1);
  }

  /**
   * Nobody appends where new streams are refused: without being told, it would be full for good.
   */
  @Test
  void givenAFlushThatIsLostWhileTheNextSegmentIsPrepared_whenAsked_thenTheJournalIsClosed() {
    var prepared = new ArrayList<Runnable>();
    var journal =
        FileJournal.open(
            new FileJournal.Parts(
                disk(), Runnable::run, prepared::add, nanos::get, () -> 0, new Random(1)),
            new FileJournal.Options(64 << 10, 4 << 10));
    assertThat(journal.health()).isEqualTo(Journal.Health.OPEN);
    losesAnswersOf = Statement.FLUSH;

    prepared.forEach(Runnable::run);

    assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
    losesAnswersOf = null;
    assertThat(append(journal, 1)).contains("Closed");
  }
}
