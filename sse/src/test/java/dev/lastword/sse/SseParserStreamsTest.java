package dev.lastword.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each stream of {@code event-streams.txt}, cut in every way that two pieces or single bytes allow.
 */
class SseParserStreamsTest {
  static List<EventStreams.Case> streams() {
    return EventStreams.all();
  }

  @Test
  void givenTheFileOfStreams_whenRead_thenNamesAreDistinctAndNoneIsMissing() {
    assertThat(streams()).hasSizeGreaterThan(200).extracting(c -> c.name()).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("streams")
  void givenStream_whenTheReferenceReadsIt_thenTheFileIsRight(EventStreams.Case stream) {
    var reference = SpecParser.of(stream.bytes());

    assertThat(reference.events).isEqualTo(stream.events());
    assertThat(reference.lastEventIdString).isEqualTo(stream.lastEventId());
    assertThat(reference.reconnectionTime).isEqualTo(stream.retryMs());
  }

  @ParameterizedTest
  @MethodSource("streams")
  void givenStream_whenFedInTwoPiecesCutAnywhere_thenEventsAreTheSame(EventStreams.Case stream) {
    byte[] bytes = stream.bytes();
    for (var source : Parsed.Source.values()) {
      for (int cut = 0; cut <= bytes.length; cut++) {
        var parsed = new Parsed(1024, source).feed(bytes, 0, cut).feed(bytes, cut, bytes.length);
        check(parsed, stream, source + " cut at " + cut);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("streams")
  void givenStream_whenFedByteByByte_thenEventsAreTheSame(EventStreams.Case stream) {
    byte[] bytes = stream.bytes();
    for (var source : Parsed.Source.values()) {
      var parsed = new Parsed(1024, source);
      for (int i = 0; i < bytes.length; i++) {
        parsed.feed(bytes, i, i + 1).feed(bytes, i, i);
      }
      check(parsed, stream, source + " byte by byte");
    }
  }

  private static void check(Parsed parsed, EventStreams.Case stream, String how) {
    assertThat(parsed.seen).as(how).isEqualTo(stream.events());
    assertThat(parsed.lastEventId()).as(how).isEqualTo(stream.lastEventId());
    assertThat(parsed.retryMs()).as(how).isEqualTo(stream.retryMs());
  }
}
