package dev.lastword.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventDigestTest {
  private static byte[] sha256(String hex) throws Exception {
    return MessageDigest.getInstance("SHA-256")
        .digest(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  private static byte[] of(SseEvent... events) {
    var digest = new EventDigest();
    digest.add(EncodedEvents.of(List.of(events)));
    return digest.sha256();
  }

  @Test
  void givenTheEventOfTheDocumentation_thenItsDigestIsOfTheBytesThatStandThere() throws Exception {
    assertThat(of(SseEvent.of("x", "a\n"))).isEqualTo(sha256("00 00 00 01 78  00 00 00 02 61 0a"));
  }

  @Test
  void givenNoType_orTheOneThatStandsForIt_thenTheDigestIsTheSame() throws Exception {
    var message = sha256("00 00 00 07 6d 65 73 73 61 67 65  00 00 00 02 c3 a9");

    assertThat(of(SseEvent.of("é"))).isEqualTo(message);
    assertThat(of(SseEvent.of("message", "é"))).isEqualTo(message);
  }

  @Test
  void givenBytesThatAreNoUtf8_thenTheyCountAsAReaderDecodesThem() throws Exception {
    var event =
        new SseEvent(new byte[0], new byte[] {'a', (byte) 0xff, '\n', (byte) 0xc3}, new byte[0]);

    assertThat(of(event)).isEqualTo(of(SseEvent.of("a\uFFFD\n\uFFFD")));
  }

  @Test
  void givenTheSameEvents_whenTheyComeInOtherRunsAndWithIds_thenTheDigestIsTheSame() {
    var first = SseEvent.of("\n\nlong ".repeat(500));
    var second = SseEvent.of("delta", "");
    var digest = new EventDigest();
    digest.add(first.withId("7"));
    var copy = digest.copy();
    digest.add(second);

    assertThat(digest.sha256()).isEqualTo(of(first, second)).isEqualTo(digest.sha256());
    assertThat(copy.sha256()).isEqualTo(of(first));
    assertThat(digest.events()).isEqualTo(2);
  }

  @Test
  void givenEventsThatOnlyTheirLengthsTellApart_thenTheDigestsDiffer() {
    assertThat(of(SseEvent.of("ab", "c"))).isNotEqualTo(of(SseEvent.of("a", "bc")));
    assertThat(of(SseEvent.of("a"), SseEvent.of("b")))
        .isNotEqualTo(of(SseEvent.of("a\nb")))
        .isNotEqualTo(of(SseEvent.of("b"), SseEvent.of("a")));
    assertThat(of()).isEqualTo(new EventDigest().sha256());
  }
}
