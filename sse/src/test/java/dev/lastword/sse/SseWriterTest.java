package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseWriterTest {
  private static String text(SseWriter writer) {
    return new String(writer.toByteArray(), UTF_8);
  }

  @Test
  void givenHeartbeatRetryIdAndEvent_whenWritten_thenTheyMakeOneBlock() {
    var writer =
        new SseWriter().comment("hb").retry(3000).id(4, 17).event(SseEvent.of("t", "a\nb"));

    assertThat(text(writer))
        .isEqualTo(": hb\nretry: 3000\nid: 4-17\nevent: t\ndata: a\ndata: b\n\n");
    assertThat(writer.length()).isEqualTo(writer.toByteArray().length);
  }

  @Test
  void givenCommentAndBlankLine_whenWritten_thenTheyMakeABlockOfTheirOwn() {
    assertThat(text(new SseWriter().comment("hb").blankLine())).isEqualTo(": hb\n\n");
  }

  @Test
  void givenCommentWithLineEnds_whenWritten_thenEachLineIsAComment() {
    assertThat(text(new SseWriter().comment("a\ndata: b\r\rid: 1\r\n")))
        .isEqualTo(": a\n: data: b\n: \n: id: 1\n: \n");
  }

  @Test
  void givenEncodedEvents_whenWritten_thenTheyStandWithAndWithoutIds() {
    var events = EncodedEvents.of(List.of(SseEvent.of("a").withId("upstream"), SseEvent.of("b")));

    assertThat(text(new SseWriter().events(events))).isEqualTo("data: a\n\ndata: b\n\n");
    assertThat(text(new SseWriter().comment("r").eventsWithIds(events, 1, 9)))
        .isEqualTo(": r\nid: 1-9\ndata: a\n\nid: 1-10\ndata: b\n\n");
  }

  @Test
  void givenMoreThanTheFirstBuffer_whenWritten_thenNothingIsLost() {
    var writer = new SseWriter();
    for (int i = 0; i < 1000; i++) {
      writer.event(SseEvent.of("event " + i));
    }
    var buffer = ByteBuffer.allocateDirect(writer.length());
    writer.writeTo(buffer);

    var parsed = new Parsed(100, Parsed.Source.ARRAY);
    parsed.feed(writer.toByteArray(), 0, writer.length());

    assertThat(parsed.seen).hasSize(1000).last().isEqualTo(new Seen("message", "event 999", ""));
    assertThat(buffer.hasRemaining()).isFalse();
  }

  @Test
  void givenNegativeNumbers_whenWritten_thenTheyAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new SseWriter().retry(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> new SseWriter().id(-1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new SseWriter().id(0, -1));
  }
}
