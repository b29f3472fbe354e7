package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseEventTest {
  @ParameterizedTest
  @ValueSource(strings = {"x\ndata: injected", "x\rdata: injected", "x\r\n\r\nid: 1", "\n", "a\0"})
  void givenTypeOrIdWithLineEndOrNul_whenMadeByCode_thenItIsRefusedWithoutSayingIt(String bad) {
    byte[] none = {};

    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseEvent.of(bad, "a"))
        .withMessage("an event's type contains CR, LF or NUL");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SseEvent(bad.getBytes(UTF_8), none, none));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SseEvent(none, none, bad.getBytes(UTF_8)))
        .withMessage("an event's id contains CR, LF or NUL");
    assertThatIllegalArgumentException().isThrownBy(() -> SseEvent.of("a").withId(bad));
  }

  @Test
  void givenDataWithAnyLineEnds_whenMadeByCode_thenLinesEndWithLf() {
    assertThat(SseEvent.of("a\rb\r\nc\n\rd\r").data()).isEqualTo("a\nb\nc\n\nd\n");
  }

  @Test
  void givenDataWithoutCr_whenMadeByCode_thenTheArrayIsKept() {
    byte[] data = "a\nb".getBytes(UTF_8);

    assertThat(new SseEvent(new byte[0], data, new byte[0]).dataBytes()).isSameAs(data);
  }

  @Test
  void givenNoType_whenAsked_thenItIsMessage() {
    assertThat(SseEvent.of("a").type()).isEqualTo("message");
    assertThat(SseEvent.of("a").typeBytes()).isEmpty();
    assertThat(SseEvent.of("t", "a").type()).isEqualTo("t");
  }

  @Test
  void givenNoIdAnEmptyIdAndAnId_whenCompared_thenAllDiffer() {
    var none = SseEvent.of("a");
    var empty = none.withId("");
    var id = none.withId("1");

    assertThat(none.hasId()).isFalse();
    assertThat(empty.hasId()).isTrue();
    assertThat(empty.id()).isEmpty();
    assertThat(id.id()).isEqualTo("1");
    assertThat(none).isNotEqualTo(empty).isNotEqualTo(id);
    assertThat(empty).isNotEqualTo(id).isEqualTo(SseEvent.of("a").withId(""));
    assertThat(id).isEqualTo(SseEvent.of("a").withId("1")).hasSameHashCodeAs(none.withId("1"));
  }

  @Test
  void givenEventsThatDifferInOneField_whenCompared_thenTheyDiffer() {
    assertThat(SseEvent.of("t", "a"))
        .isEqualTo(SseEvent.of("t", "a"))
        .isNotEqualTo(SseEvent.of("t", "b"))
        .isNotEqualTo(SseEvent.of("u", "a"));
  }

  @Test
  void givenContent_whenPrinted_thenNoneOfItShows() {
    var event = SseEvent.of("delta", "my secret diary").withId("7");

    assertThat(event).hasToString("SseEvent[type=delta, id=7, data_bytes=15]");
    assertThat(EncodedEvents.of(java.util.List.of(event)).toString()).doesNotContain("secret");
  }
}
