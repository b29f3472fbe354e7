package dev.lastword.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What hooks are told, put together while a part of it is on its way to the disk. */
final class AheadTest {
  private static final Dialect RESPONSES = Dialects.ofPath("/v1/responses");
  private static final EncodedEvents CREATED =
      EncodedEvents.of(
          List.of(
              SseEvent.of(
                  "response.created",
                  "{\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}")));

  private final MemoryBudget budget = new MemoryBudget(1L << 30);
  private final Responses responses = new Responses(budget);

  private Stream stream(Dialect dialect) {
    var stream = Models.opening(budget, dialect, 1 << 20);
    Models.apply(stream, Models.OPENED, 1);
    return stream;
  }

  private static EncodedEvents text(String text) {
    return EncodedEvents.of(
        List.of(
            SseEvent.of(
                "{\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}"
                    .formatted(text))));
  }

  private static Entry.Ending ending(long seq) {
    return new Entry.Ending(
        Models.ID, seq, EncodedEvents.of(List.of(SseEvent.of("[DONE]"))), false, 7);
  }

  /** Any number of them may be there already. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void givenEntriesOnTheirWay_whenPutTogether_thenItIsWhatIsReadOnceTheyAreThere(int there) {
    var stream = stream(Models.DIALECT);
    var ending = ending(4);
    var entries =
        List.of(
            new Entry.Appended(Models.ID, 1, text("One ")),
            new Entry.Appended(Models.ID, 2, text("two ")),
            new Entry.Withheld(Models.ID, 3, text("three")),
            ending);
    var late = new ArrayList<Entry>(entries.subList(there, entries.size()));
    for (int i = 0; i < there; i++) {
      Models.apply(stream, entries.get(i), i + 2);
    }
    late.forEach(stream::appending);

    var ahead = responses.ahead(stream, ending).orElseThrow();
    for (int i = 0; i < late.size(); i++) {
      Models.apply(stream, late.get(i), there + i + 2);
    }

    assertThat(ahead.response().text()).isEqualTo("One two three");
    assertThat(ahead.response().events()).isEqualTo(4);
    assertThat(ahead.response())
        .isEqualTo(responses.toSave(stream, Outcome.COMPLETED, "", Stream.endedMs(stream.state())));
  }

  @Test
  void givenAnIdThatAnEventOnItsWaySays_whenPutTogether_thenNotYet() {
    var stream = stream(RESPONSES);
    var ending = ending(2);
    stream.appending(new Entry.Appended(Models.ID, 1, CREATED));
    stream.appending(ending);
    assertThat(responses.ahead(stream, ending)).isEmpty();

    var named = stream(RESPONSES);
    Models.apply(named, new Entry.Appended(Models.ID, 1, CREATED), 2);
    named.appending(ending);
    var ahead = responses.ahead(named, ending).orElseThrow();
    assertThat(ahead.response().attributes()).isEqualTo(Map.of(Attributes.NAME, "resp_1"));
  }

  @Test
  void givenUsageOnItsWay_whenPutTogether_thenNotYet() {
    var stream = stream(Models.DIALECT);
    var ending = ending(2);
    Models.apply(stream, new Entry.Appended(Models.ID, 1, text("One")), 2);
    stream.appending(new Entry.Late(Models.ID, text("")));
    stream.appending(ending);

    assertThat(responses.ahead(stream, ending)).isEmpty();
  }

  @Test
  void givenAnAnswerThatIsLong_orNotInMemory_whenPutTogether_thenNotYet_andNoMemoryIsTaken() {
    var ending = ending(3);
    var longer = stream(Models.DIALECT);
    longer.appending(new Entry.Appended(Models.ID, 1, text("x".repeat(64 << 10))));
    longer.appending(ending);
    var onDisk = Models.opening(budget, Models.DIALECT, 0);
    Models.apply(onDisk, Models.OPENED, 1);
    Models.apply(onDisk, new Entry.Appended(Models.ID, 1, text("One")), 2);
    Models.apply(onDisk, new Entry.Appended(Models.ID, 2, text("two")), 3);
    onDisk.appending(ending);
    long before = budget.taken();

    assertThat(responses.ahead(longer, ending)).isEmpty();
    assertThat(responses.ahead(onDisk, ending)).isEmpty();
    assertThat(budget.taken()).isEqualTo(before);
  }
}
