package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import java.util.ArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemoryJournalContractTest extends JournalContract {
  private final MemoryJournal.Store store = new MemoryJournal.Store();
  private final ExecutorService writer = Executors.newSingleThreadExecutor();

  @Override
  protected Journal open() {
    return MemoryJournal.open(store, writer);
  }

  @AfterEach
  void stopWriter() {
    writer.shutdown();
  }

  @Test
  void givenALaterOpening_whenTheEarlierAppends_thenTheStoreRefusesIt() {
    var earlier = MemoryJournal.open(store, Runnable::run);
    var later = MemoryJournal.open(store, Runnable::run);
    var told = new ArrayList<Journal.Refusal>();
    earlier.append(
        new Entry.Saved(new StreamId("fenced-fenced-fenced"), 1),
        earlier.fence(),
        new Journal.Ack() {
          @Override
          public void durable(long position, long epoch, long timeMs) {
            throw new AssertionError("written by the earlier opening");
          }

          @Override
          public void refused(Journal.Refusal refusal) {
            told.add(refusal);
          }
        });
    assertThat(told).containsExactly(new Journal.Refusal.Fenced(new FencingToken(2)));
    assertThat(later.fence()).isEqualTo(new FencingToken(2));
  }
}
