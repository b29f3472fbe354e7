package dev.lastword.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What records amount to, in the order in which they stand. */
final class ContentsTest {
  private final Contents contents = new Contents();
  private long offset;

  private void take(Change change) throws Exception {
    contents.take(new ReadRecord(offset++, 0, 1_000, Optional.of(change)));
  }

  @Test
  void givenALaterOpening_whenTheEarlierWritesOn_thenThatIsVoid() throws Exception {
    take(new Change.Opened(1, "one"));
    take(new Change.Made(1, 1, "a"));
    take(new Change.Opened(2, "two"));
    take(new Change.Written(1, 1, 0, ByteBuffer.allocate(10)));
    take(new Change.Named(1, 1, "b"));
    take(new Change.Removed(1, 1));

    assertThat(contents.names()).containsExactly("a");
    assertThat(contents.size(1)).isZero();
    assertThat(contents.strangers()).isEqualTo(3);
    assertThat(contents.owner().orElseThrow().name()).isEqualTo("two");
  }

  @Test
  void givenTwoOpeningsOfOneEpoch_whenTaken_thenTheFirstHasIt() throws Exception {
    take(new Change.Opened(5, "first"));
    take(new Change.Opened(5, "second"));

    assertThat(contents.owner().orElseThrow()).isEqualTo(new Contents.Owner(5, 0, "first", 1_000));
  }

  @Test
  void givenTheBeginningIsTrimmed_whenTaken_thenTheFirstRecordTellsTheEpoch() throws Exception {
    take(new Change.Made(7, 3, "c"));
    take(new Change.Written(6, 3, 0, ByteBuffer.allocate(10)));
    take(new Change.Written(7, 3, 0, ByteBuffer.allocate(20)));

    assertThat(contents.epoch()).isEqualTo(7);
    assertThat(contents.size(3)).isEqualTo(20);
    assertThat(contents.nextNumber()).isEqualTo(4);
    assertThat(contents.oldestNeeded()).hasValue(0);
  }

  /** A leader that was behind has lost the opening, and its writer writes once more. */
  @Test
  void givenARecordWhoseOpeningIsLost_whenTaken_thenItIsVoid() throws Exception {
    take(new Change.Opened(1, "one"));
    take(new Change.Made(1, 1, "a"));
    take(new Change.Written(2, 1, 0, ByteBuffer.allocate(1)));

    assertThat(contents.size(1)).isZero();
    assertThat(contents.epoch()).isEqualTo(1);
    assertThat(contents.strangers()).isEqualTo(1);
  }

  @Test
  void givenAnotherLeader_whenOpened_thenItsEpochsBeginBehindAllBefore() {
    contents.take(new ReadRecord(0, 3, 1, Optional.of(new Change.Opened(7, "early"))));
    assertThat(contents.epoch()).isZero();
    assertThat(contents.epochMin()).isEqualTo((3 << 20) + 1);

    contents.take(new ReadRecord(1, 3, 1, Optional.of(new Change.Opened((3 << 20) + 1, "late"))));
    assertThat(contents.owner().orElseThrow().name()).isEqualTo("late");
  }

  @Test
  void givenFilesThatGo_whenAsked_thenTheOldestThatIsLeftSaysWhatIsNeeded() throws Exception {
    take(new Change.Opened(1, "one"));
    take(new Change.Made(1, 1, "a"));
    take(new Change.Made(1, 2, "b.prep"));
    take(new Change.Named(1, 2, "b"));
    take(new Change.Removed(1, 1));
    assertThat(contents.oldestNeeded()).hasValue(2);

    take(new Change.Made(1, 3, "c"));
    take(new Change.Named(1, 3, "b"));
    assertThat(contents.names()).containsExactly("b");
    assertThat(contents.oldestNeeded()).hasValue(5);
    assertThatThrownBy(() -> contents.size(2)).hasMessageContaining("removed");
  }

  @Test
  void givenTheSameRecordTwice_whenTaken_thenItCountsOnce() throws Exception {
    take(new Change.Opened(1, "one"));
    for (int i = 0; i < 2; i++) {
      take(new Change.Made(1, 1, "a"));
      take(new Change.Lengthened(1, 1, 100));
      take(new Change.Written(1, 1, 4, ByteBuffer.allocate(4)));
    }

    assertThat(contents.names()).containsExactly("a");
    assertThat(contents.size(1)).isEqualTo(100);
    assertThat(contents.part(1, 0, 200).bytes()).isEqualTo(100);
    assertThat(contents.part(1, 0, 200).pieces()).containsExactly(new Pieces.Piece(4, 4, 6, 0));
    assertThat(contents.oldestNeeded()).hasValue(1);
  }
}
