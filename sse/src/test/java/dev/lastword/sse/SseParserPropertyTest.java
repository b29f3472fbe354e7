package dev.lastword.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What holds for every stream; a failure names the seed of its stream. */
class SseParserPropertyTest {
  private static final int STREAMS = 10_000;

  @Test
  void givenAnyBytes_whenCutAnyhow_thenEventsAreThoseOfTheStandard() {
    for (int seed = 0; seed < STREAMS; seed++) {
      var random = new RandomStream(new Random(seed));
      byte[] stream = random.bytes();
      var expected = SpecParser.of(stream);
      var parsed = new Parsed(10_000, random.source());

      random.feed(stream, parsed);

      assertThat(parsed.seen).as("seed %d", seed).isEqualTo(expected.events);
      assertThat(parsed.lastEventId()).as("seed %d", seed).isEqualTo(expected.lastEventIdString);
      assertThat(parsed.retryMs()).as("seed %d", seed).isEqualTo(expected.reconnectionTime);
    }
  }

  @Test
  void givenAnyBytes_whenRelayedWithTheirIds_thenReaderSeesTheSame() {
    for (int seed = 0; seed < STREAMS; seed++) {
      var random = new RandomStream(new Random(seed));
      byte[] stream = random.bytes();
      var upstream = new Parsed(10_000, Parsed.Source.ARRAY).feed(stream, 0, stream.length);

      byte[] relayed = withIds(upstream.events);
      var reader = new Parsed(10_000, random.source());
      random.feed(relayed, reader);

      assertThat(reader.seen).as("seed %d", seed).isEqualTo(upstream.seen);
      assertThat(reader.events).as("seed %d", seed).isEqualTo(upstream.events);
    }
  }

  private static byte[] withIds(List<SseEvent> events) {
    var encoded = EncodedEvents.of(events);
    var out = ByteBuffer.allocate(encoded.lengthWithUpstreamIds());
    encoded.writeWithUpstreamIds(out);
    assertThat(out.hasRemaining()).isFalse();
    return out.array();
  }

  @Test
  void givenAnyBytes_whenBounded_thenNoCutChangesWhatIsSeenAndWhetherItIsRefused() {
    int refused = 0;
    for (int seed = 0; seed < STREAMS; seed++) {
      var random = new Random(seed);
      var streams = new RandomStream(random);
      byte[] stream = streams.bytes();
      int bound = 1 + random.nextInt(80);
      var whole = new Parsed(bound, Parsed.Source.ARRAY);
      var cut = new Parsed(bound, streams.source());

      boolean wholeRefused = refuses(() -> whole.feed(stream, 0, stream.length));
      boolean cutRefused = refuses(() -> streams.feed(stream, cut));

      assertThat(cutRefused).as("seed %d", seed).isEqualTo(wholeRefused);
      assertThat(cut.seen).as("seed %d", seed).isEqualTo(whole.seen);
      assertThat(whole.events)
          .as("seed %d", seed)
          .allSatisfy(e -> assertThat(sizeOf(e)).isLessThanOrEqualTo(bound));
      refused += wholeRefused ? 1 : 0;
    }
    assertThat(refused).isBetween(STREAMS / 20, STREAMS * 19 / 20);
  }

  private static boolean refuses(Runnable feeding) {
    try {
      feeding.run();
      return false;
    } catch (EventTooLargeException e) {
      return true;
    }
  }

  private static int sizeOf(SseEvent event) {
    return event.typeBytes().length + event.dataBytes().length + event.idBytes().length;
  }

  @Test
  void givenAnyBytes_whenDecodedAsUtf8_thenTextIsThatOfTheStandard() {
    for (int seed = 0; seed < STREAMS; seed++) {
      var random = new Random(seed);
      byte[] bytes = new byte[random.nextInt(12)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] =
            (byte) (random.nextInt(5) == 0 ? random.nextInt(128) : 128 + random.nextInt(128));
      }

      assertThat(Utf8.decode(bytes)).as("seed %d", seed).isEqualTo(SpecUtf8.decode(bytes));
    }
  }
}
