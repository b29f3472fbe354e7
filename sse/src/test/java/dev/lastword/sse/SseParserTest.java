package dev.lastword.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseParserTest {
  private final ArrayList<SseEvent> events = new ArrayList<>();

  private static void feed(SseParser parser, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    parser.feed(bytes, 0, bytes.length);
  }

  @Test
  void givenEventOfExactlyTheBound_whenFed_thenItIsDispatched() {
    var parser = new SseParser(10, events::add);

    feed(parser, "event: abc\nid: d\ndata: ef\ndata: ghi\n\n");

    assertThat(events).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "event: abc\nid: d\ndata: ef\ndata: ghij\n",
        "data: 01234567890\n",
        "data: 01234567890",
        "data:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\ndata:\n",
        "event: 01234567890\n",
        "id: 01234567890\n",
        "retry: 01234567890\n",
        "id: 0123456789\n\ndata: a\n",
      })
  void givenEventOverTheBound_whenFed_thenItIsRefusedAndTheParserStops(String large) {
    var parser = new SseParser(10, events::add);
    feed(parser, "data: before\n\n");

    assertThatExceptionOfType(EventTooLargeException.class)
        .isThrownBy(() -> feed(parser, large))
        .satisfies(e -> assertThat(e.bytesMax()).isEqualTo(10));

    assertThat(events).containsExactly(SseEvent.of("before"));
    assertThatIllegalStateException().isThrownBy(() -> feed(parser, "\n\ndata: after\n\n"));
    assertThat(events).hasSize(1);
  }

  @Test
  void givenEventsThatTogetherPassTheBound_whenFed_thenEachHasTheBoundToItself() {
    var parser = new SseParser(10, events::add);

    feed(parser, "data: 0123456789\n\n".repeat(100));

    assertThat(events).hasSize(100);
  }

  @Test
  void givenReceiverThatThrows_whenFedAgain_thenTheParserTakesNothingMore() {
    var parser =
        new SseParser(
            100,
            event -> {
              throw new UnsupportedOperationException("receiver");
            });

    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> feed(parser, "data: a\n\ndata: b\n\n"))
        .withMessage("receiver");
    assertThatIllegalStateException().isThrownBy(() -> feed(parser, "data: c\n\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {":", "unknown: ", "dataa: ", "i", "\uFEFF\uFEFFdata: "})
  void givenLineOfNoUseWithoutEnd_whenFedForLong_thenMemoryDoesNotGrow(String start) {
    var parser = new SseParser(10, events::add);
    byte[] bytes = new byte[16 * 1024];
    Arrays.fill(bytes, (byte) 'x');
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    feed(parser, start);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 4096; i++) {
      parser.feed(bytes, 0, bytes.length);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    feed(parser, "\ndata: a\n\n");

    assertThat(allocated).as("bytes allocated for 64 MiB").isLessThan(1024 * 1024);
    assertThat(events).containsExactly(SseEvent.of("a"));
  }

  @Test
  void givenDirectBufferOfMoreThanTheParserCopiesAtOnce_whenFed_thenNothingIsLost() {
    var data = "0123456789".repeat(10_000);
    byte[] stream = ("data: " + data + "\n\ndata: b\n\n").getBytes(UTF_8);
    var parser = new SseParser(1 << 20, events::add);

    parser.feed(ByteBuffer.allocateDirect(stream.length).put(stream).flip());

    assertThat(events).containsExactly(SseEvent.of(data), SseEvent.of("b"));
  }

  @Test
  void givenTypeUsedAgain_whenFed_thenItsBytesAreShared() {
    feed(new SseParser(100, events::add), "event: t\ndata: a\n\nevent: t\ndata: b\n\n");

    assertThat(events.get(0).typeBytes()).isSameAs(events.get(1).typeBytes());
  }

  @Test
  void givenReceiverThatAsksForTheLastEventId_whenDispatched_thenItIsThatOfTheEvent() {
    var ids = new ArrayList<String>();
    var parser = new SseParser[1];
    parser[0] = new SseParser(100, event -> ids.add(parser[0].lastEventId()));

    feed(parser[0], "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\n");

    assertThat(ids).containsExactly("1", "2");
    assertThat(parser[0].lastEventId()).isEqualTo("2");
  }

  @Test
  void givenIdOnlyBlock_whenAnEventFollows_thenTheEventCarriesTheId() {
    feed(new SseParser(100, events::add), "id: 1\n\ndata: a\n\ndata: b\n\nid\n\ndata: c\n\n");

    assertThat(events).extracting(SseEvent::hasId).containsExactly(true, false, true);
    assertThat(events).extracting(SseEvent::id).containsExactly("1", "", "");
  }

  @Test
  void givenBoundThatIsNotPositive_whenConstructed_thenItIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new SseParser(0, events::add));
  }

  @Test
  void givenRangeOutsideTheArray_whenFed_thenItIsRefusedAndTheParserGoesOn() {
    var parser = new SseParser(100, events::add);

    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> parser.feed(new byte[4], 2, 3));

    feed(parser, "data: a\n\n");
    assertThat(events).containsExactly(SseEvent.of("a"));
  }
}
