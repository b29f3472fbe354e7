package dev.lastword.stream;

import static dev.lastword.testing.Interleavings.require;

import dev.lastword.journal.Entry;
import dev.lastword.testing.Interleavings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** A stream grows on its home while others read it: block before count, count before state. */
final class PublicationInterleavingTest {
  @Test
  void givenAReaderThatHasSeenCountOrOutcome_whenItReads_thenItFindsAllThatIsBeforeThem() {
    Interleavings.explore(Reading::new);
  }

  @Test
  void givenAnEndingThatIsRevealed_whenTheWholeAnswerIsRead_thenEachEventIsThereOnce() {
    Interleavings.explore(() -> new Whole(() -> Models.sealed(4, Models.LAST)));
  }

  @Test
  void givenBlocksThatMoveToTheArchive_whenAReaderLooksForOne_thenItIsInOneOfTheTwoPlaces() {
    Interleavings.explore(Moving::new);
  }

  /** One event, and then the last one with the outcome. */
  private static final class Reading implements Interleavings.Scene {
    final Stream stream = Models.opened();
    volatile String wrong = "";

    void countsWhatItFinds(Cursor cursor) {
      long count = stream.eventCount();
      Models.readAll(cursor);
      if (cursor.seq() < count) {
        wrong = "counted " + count + " and read " + cursor.seq();
      }
    }

    void endsBehindTheLastEvent(Cursor cursor) {
      if (cursor.status() == Cursor.Status.ENDED && cursor.seq() < 2) {
        wrong = "at the end behind event " + cursor.seq();
      }
    }

    @Override
    public void one() {
      Models.apply(stream, Models.appended(1), 2);
      Models.apply(stream, Models.sealed(2, Models.LAST), 3);
    }

    @Override
    public void other() {
      var cursor = new Cursor(stream, Models.subscriber(Runnable::run, () -> {}), 0);
      countsWhatItFinds(cursor);
      endsBehindTheLastEvent(cursor);
    }

    @Override
    public void check() {
      require(wrong.isEmpty(), wrong);
    }
  }

  /** Two events, one that is withheld, and then what reveals it. */
  private static final class Whole implements Interleavings.Scene {
    final Stream stream = Models.opened();
    final Entry revealing;
    final List<Long> read = new ArrayList<>();

    Whole(Supplier<Entry> revealing) {
      this.revealing = revealing.get();
      Models.apply(stream, Models.appended(1), 2);
      Models.apply(stream, Models.appended(2), 3);
      Models.apply(stream, new Entry.Withheld(Models.ID, 3, Models.ONE), 4);
    }

    @Override
    public void one() {
      Models.apply(stream, revealing, 5);
    }

    @Override
    public void other() {
      stream.history().readAnswer(block -> read.add(block.firstSeq()));
    }

    @Override
    public void check() {
      require(
          read.equals(List.of(1L, 2L, 3L)) || read.equals(List.of(1L, 2L, 3L, 4L)),
          "read events " + read);
    }
  }

  /** Two blocks that the archive has taken. */
  private static final class Moving implements Interleavings.Scene {
    final Stream stream = Models.opened();
    final History.Unarchived cut;
    volatile boolean lost;

    Moving() {
      Models.apply(stream, Models.appended(1), 2);
      Models.apply(stream, Models.appended(2), 3);
      cut = stream.history().unarchived(1 << 20);
    }

    @Override
    public void one() {
      stream.history().archived(cut);
    }

    @Override
    public void other() {
      lost = stream.history().nodeBefore(1) == null && stream.history().archivedTo() < 1;
    }

    @Override
    public void check() {
      require(!lost, "event 1 is neither in the chain nor in the archive");
    }
  }
}
