package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What upstreams write beside the specification of Server-Sent Events. */
class FramingTest {
  private final List<SseEvent> events = new ArrayList<>();

  /** Feeds in pieces of a size, then asks for what was begun. */
  private List<SseEvent> read(Framing framing, String body, int pieceBytes) {
    events.clear();
    var parser = framing.parser(1 << 16, events::add);
    var bytes = body.getBytes(UTF_8);
    for (int at = 0; at < bytes.length; at += pieceBytes) {
      parser.feed(ByteBuffer.wrap(bytes, at, Math.min(pieceBytes, bytes.length - at)));
    }
    parser.unfinished().ifPresent(events::add);
    return List.copyOf(events);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 5_000})
  void givenLinesOfJson_whenFedInAnyPieces_thenEachIsAnEvent(int pieceBytes) {
    var long1 = "{\"t\":\"" + "é".repeat(4_000) + "\"}";
    var body = "{\"a\":1}\n\n  \r\n{\"b\":\r2}\r\n" + long1 + "\n{\"last\":true}";

    assertThat(read(Framing.LINES, body, pieceBytes))
        .extracting(SseEvent::data)
        .containsExactly("{\"a\":1}", "{\"b\": 2}", long1, "{\"last\":true}");
  }

  @Test
  void givenLines_whenEncodedAndWrittenAsLines_thenTheyAreTheSameLines() {
    var body = "{\"a\":1}\n{\"text\":\"x\\ny\"}\n[]\n";
    var run = EncodedEvents.of(read(Framing.LINES, body, 3));

    var out = ByteBuffer.allocate(run.lengthAsLines());
    run.writeAsLines(out);

    assertThat(out.hasRemaining()).isFalse();
    assertThat(new String(out.array(), UTF_8)).isEqualTo(body);
  }

  @Test
  void givenEventsWithTypesAndSeveralLines_whenWrittenAsLines_thenEachIsOneLine() {
    var run = EncodedEvents.of(List.of(SseEvent.of("error", "{\n}"), SseEvent.of("")));

    var out = ByteBuffer.allocate(run.lengthAsLines());
    run.writeAsLines(out);

    assertThat(new String(out.array(), UTF_8)).isEqualTo("{ }\n\n");
  }

  @Test
  void givenALineOverTheBound_whenFed_thenItIsRefused() {
    var parser = Framing.LINES.parser(10, events::add);

    assertThatExceptionOfType(EventTooLargeException.class)
        .isThrownBy(() -> parser.feed(ByteBuffer.wrap("{}\n01234567890".getBytes(UTF_8))));
    assertThat(events).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 6, 7, 1_000})
  void givenAnErrorField_whenFedInAnyPieces_thenItIsAnErrorBehindItsBlock(int pieceBytes) {
    var body =
        "data: a\n\ndata: b\nerror: {\"code\":500}\n\nerror: no\nerrors: {}\nerro: {}\nerror\nevent:e\ndata: c\n\n";

    assertThat(read(Framing.EVENTS, body, pieceBytes))
        .containsExactly(
            SseEvent.of("a"),
            SseEvent.of("b"),
            SseEvent.of("error", "{\"code\":500}"),
            SseEvent.of("e", "c"));
  }

  @ParameterizedTest
  @CsvSource({
    "'data: x', x",
    "'data: x\n', x",
    "'data: x\ndata: y', 'x\ny'",
    "'event: e\ndata: x\r', x",
  })
  void givenABlockWithoutItsBlankLine_whenTheBodyEnds_thenItIsThereToBeAskedFor(
      String end, String data) {
    for (int pieceBytes = 1; pieceBytes < 8; pieceBytes++) {
      assertThat(read(Framing.EVENTS, "data: first\n\n" + end, pieceBytes))
          .extracting(SseEvent::data)
          .containsExactly("first", data);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "data: x\n\n", "event: e\n", ": hm", "id: 7", "what", "da"})
  void givenNothingUnfinished_whenTheBodyEnds_thenThereIsNoMore(String body) {
    assertThat(read(Framing.EVENTS, body, 2)).hasSize(body.startsWith("data: x") ? 1 : 0);
  }

  @ParameterizedTest
  @EnumSource(Framing.class)
  void givenAnyBytes_whenFed_thenNothingIsThrownButForSize(Framing framing) {
    var random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      var bytes = new byte[random.nextInt(60)];
      for (int b = 0; b < bytes.length; b++) {
        bytes[b] = (byte) "data: \nerror:{}\r\u0000x".charAt(random.nextInt(18));
      }
      var parser = framing.parser(1_000, event -> {});
      parser.feed(ByteBuffer.wrap(bytes));
      parser.unfinished();
    }
  }
}
