package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The byte scan and a full parse must say the same of every event, however it was damaged. */
final class DetectorAgreementTest {
  private static final int STREAMS = 10_000;
  private static final byte[] NOTHING = {};

  private static final List<String> FRAGMENTS =
      List.of(
          "\"finish_reason\":\"stop\"",
          "\"finish_reason\":null",
          "\"finish_reason\":\"\"",
          "\"finish_reason\" : \"length\",",
          "\"error\":{\"code\":1}",
          "\"finish_reason\":\"error\",",
          "\"delta\":{\"content\":\"more\"},",
          "\"error\":null,",
          "\"index\":1,",
          "\"index\": 2",
          "\"index\":1.5",
          "\"index\":\"1\"",
          "\\\"finish_reason\\\":\\\"stop\\\"",
          "\\u0066",
          "\\u005F",
          "\\\\",
          "\\",
          "\"",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          " ",
          "\n",
          "null",
          "[DONE]",
          "\"choices\":[",
          "{\"choices\":[{\"index\":3,\"finish_reason\":\"stop\"}]}",
          "\u00e9",
          "\u0000");

  private final List<SseEvent> corpus =
      Stream.of(
              "openai-text",
              "openai-tools",
              "openai-two-choices",
              "traps",
              "azure-content-filter",
              "empty-finish-reason",
              "error-mid-stream",
              "error-alone",
              "mistral-text-in-finish",
              "openai-logprobs")
          .flatMap(name -> Fixture.events(name).stream())
          .toList();

  @Test
  void givenDamagedStreams_whenObservedByScanAndByParse_thenBothSayTheSame() {
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    var seen = new EnumMap<Sign, Integer>(Sign.class);
    for (int stream = 0; stream < STREAMS; stream++) {
      int choices = 1 + random.nextInt(3);
      var fast = OpenAiDialect.CHAT.detector(new RequestFacts(choices, null, null));
      var slow = new ReferenceDetector(choices);
      var history = new ArrayList<SseEvent>();
      for (int i = 0; i < 6; i++) {
        var event = next(history, random);
        history.add(event);
        var expected = slow.observe(event);
        assertThat(fast.observe(event))
            .as(() -> "seed %d, %d choices, last of %s".formatted(seed, choices, data(history)))
            .isEqualTo(expected);
        seen.merge(expected, 1, Integer::sum);
      }
    }
    assertThat(seen.keySet()).as("seed %d", seed).containsExactlyInAnyOrder(Sign.values());
  }

  /** Any chunk, or the one before with another text, since most chunks differ in nothing else. */
  private SseEvent next(List<SseEvent> history, Random random) {
    if (history.isEmpty() || random.nextInt(3) == 0) {
      return damage(corpus.get(random.nextInt(corpus.size())), random);
    }
    var again = Retexted.of(history.getLast(), random);
    return random.nextInt(4) == 0 ? damage(again, random) : again;
  }

  private static List<String> data(List<SseEvent> events) {
    return events.stream().map(SseEvent::data).toList();
  }

  private static SseEvent damage(SseEvent event, Random random) {
    var data = event.dataBytes();
    for (int i = random.nextInt(4); i > 0; i--) {
      data =
          switch (random.nextInt(6)) {
            case 0 -> splice(data, random.nextInt(data.length + 1), 0, fragment(random));
            case 1 -> splice(data, structural(data, random), 0, fragment(random));
            case 2 -> splice(data, random.nextInt(data.length + 1), random.nextInt(4), NOTHING);
            case 3 ->
                splice(
                    data, random.nextInt(data.length + 1), 1, new byte[] {(byte) random.nextInt()});
            case 4 -> escapeLetter(data, random);
            default -> swapNull(data, random);
          };
    }
    return new SseEvent(event.typeBytes(), data, NOTHING);
  }

  private static byte[] fragment(Random random) {
    return utf8(FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
  }

  /** Behind a brace or a comma, where a member can be put without breaking the JSON. */
  private static int structural(byte[] data, Random random) {
    int from = random.nextInt(data.length + 1);
    for (int i = from; i < data.length; i++) {
      if (data[i] == '{' || data[i] == ',') {
        return i + 1;
      }
    }
    return from;
  }

  private static byte[] escapeLetter(byte[] data, Random random) {
    int at = random.nextInt(data.length + 1);
    return at < data.length && Character.isLetter(data[at])
        ? splice(data, at, 1, utf8("\\u%04x".formatted(data[at])))
        : data;
  }

  private static byte[] swapNull(byte[] data, Random random) {
    var text = new String(data, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("null", random.nextInt(text.length() + 1));
    var values = List.of("\"stop\"", "{}", "false", "0", "\"\"", "[1]", "\"null\"", "NaN");
    return at < 0 ? data : splice(data, at, 4, utf8(values.get(random.nextInt(values.size()))));
  }

  private static byte[] splice(byte[] data, int at, int without, byte[] with) {
    int end = Math.min(data.length, at + without);
    var out = new byte[data.length - (end - at) + with.length];
    System.arraycopy(data, 0, out, 0, at);
    System.arraycopy(with, 0, out, at, with.length);
    System.arraycopy(data, end, out, at + with.length, data.length - end);
    return out;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
