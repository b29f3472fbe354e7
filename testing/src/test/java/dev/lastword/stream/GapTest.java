package dev.lastword.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.Entry;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import org.junit.jupiter.api.Test;

/** An append was refused, by a disk that was full for a moment, and what followed it was taken. */
final class GapTest {
  private final Stream stream = Models.opened();

  @Test
  void givenAGap_whenEventsBehindItAreApplied_thenNothingIsShownInItsPlace() {
    Models.apply(stream, Models.appended(1), 2);
    Models.apply(stream, Models.appended(3), 3);
    Models.apply(stream, new Entry.Withheld(Models.ID, 3, Models.ONE), 4);

    assertThat(stream.eventCount()).isEqualTo(1);
    assertThat(stream.history().withheldCount()).isZero();
  }

  @Test
  void givenAGap_whenTheEndingBehindItIsApplied_thenTheAnswerIsNotComplete() {
    Models.apply(stream, Models.appended(1), 2);
    Models.apply(stream, new Entry.Ending(Models.ID, 3, Models.LAST, false, 1), 3);
    assertThat(stream.state()).isInstanceOf(StreamState.Open.class);

    Models.apply(stream, Models.sealed(3, Models.LAST), 4);
    assertThat(stream.outcome()).isNull();

    var failed =
        new Entry.Sealed(Models.ID, 2, EncodedEvents.NONE, Outcome.FAILED, "disk_full", false, 1);
    Models.apply(stream, failed, 5);
    assertThat(stream.outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void givenACreationThatWasRefused_whenEventsBehindItAreApplied_thenNoMemoryIsHeldForThem() {
    var budget = new MemoryBudget(1 << 20);
    var refused = Models.opening(budget);

    Models.apply(refused, Models.appended(1), 2);

    assertThat(refused.eventCount()).isZero();
    assertThat(budget.taken()).isZero();
  }
}
