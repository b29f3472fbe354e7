package dev.lastword.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.DiskRoom;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class LeasedJournalTest {
  private static final StreamId STREAM = new StreamId("leased-leased-leased");

  private final AtomicLong nanos = new AtomicLong();
  private final Lease lease = new Lease(nanos::get, Duration.ofSeconds(8));

  @TempDir private Path folder;

  @Test
  void givenALease_whenItIsOver_thenNothingIsAcknowledgedAnyMore() throws Exception {
    lease.renewed(lease.asking());
    try (var inner = FileJournal.open(folder, FileJournal.Options.DEFAULT, new DiskRoom());
        var journal = new LeasedJournal(inner, lease)) {
      assertThat(append(journal, 1)).isEqualTo("durable");
      assertThat(journal.health()).isEqualTo(Journal.Health.OPEN);

      pass(Duration.ofSeconds(8));

      assertThat(append(journal, 2)).contains("the node's lease is over");
      assertThat(journal.health()).isEqualTo(Journal.Health.CLOSED);
    }
  }

  @Test
  void givenAnAppendUnderWay_whenTheLeaseIsOverBeforeItIsDurable_thenItIsNotAcknowledged()
      throws Exception {
    lease.renewed(lease.asking());
    try (var inner = FileJournal.open(folder, FileJournal.Options.DEFAULT, new DiskRoom())) {
      var late =
          new LeasedJournal(
              new dev.lastword.journal.ForwardingJournal(inner) {
                @Override
                public void append(
                    Entry entry, dev.lastword.journal.FencingToken token, Journal.Ack ack) {
                  pass(Duration.ofSeconds(9)); // as a process that stood still
                  super.append(entry, token, ack);
                }
              },
              lease);

      assertThat(append(late, 1)).contains("the node's lease is over");
    }
  }

  @Test
  void givenARenewalThatTookLong_whenItComes_thenItCountsFromBeforeItWasAsked() {
    lease.renewed(lease.asking());
    pass(Duration.ofSeconds(3));
    long asked = lease.asking();
    pass(Duration.ofSeconds(4));
    lease.renewed(asked);

    pass(Duration.ofSeconds(3));
    assertThat(lease.isHeld()).isTrue();
    pass(Duration.ofSeconds(1));
    assertThat(lease.isHeld()).isFalse();
  }

  @Test
  void givenALeaseThatIsOver_whenARenewalComesLate_thenItStaysOver() {
    lease.renewed(lease.asking());
    pass(Duration.ofSeconds(8));
    assertThat(lease.isHeld()).isFalse();

    lease.renewed(lease.asking());

    assertThat(lease.isHeld()).isFalse();
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private static String append(Journal journal, long number) throws Exception {
    var told = new CompletableFuture<String>();
    journal.append(
        new Entry.Appended(
            STREAM, number, EncodedEvents.of(List.of(SseEvent.of("event " + number)))),
        journal.fence(),
        new Journal.Ack() {
          @Override
          public void durable(long position, long epoch, long timeMs) {
            told.complete("durable");
          }

          @Override
          public void refused(Journal.Refusal refusal) {
            told.complete(refusal.toString());
          }
        });
    return told.get(60, TimeUnit.SECONDS);
  }
}
