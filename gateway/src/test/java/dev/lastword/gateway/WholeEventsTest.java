package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WholeEventsTest {
  private static final Pattern LAST = Pattern.compile("(?s).*id: (\\S+)\n.*");

  private final WholeEvents events = new WholeEvents("");

  private String take(String part) {
    var out = events.take(Unpooled.copiedBuffer(part, StandardCharsets.UTF_8));
    var text = out.toString(StandardCharsets.UTF_8);
    out.release();
    return text;
  }

  @Test
  void givenPartOfAnEvent_whenTaken_thenItIsHeldUntilItIsWhole() {
    assertThat(take("id: 1-1\ndata: a\n\nid: 1-2\nda")).isEqualTo("id: 1-1\ndata: a\n\n");
    assertThat(events.lastId()).isEqualTo("1-1");
    assertThat(take("ta: b\n")).isEmpty();
    assertThat(take("\n")).isEqualTo("id: 1-2\ndata: b\n\n");
    assertThat(events.lastId()).isEqualTo("1-2");
  }

  @Test
  void givenACommentBetweenEvents_whenTaken_thenItIsPassedOnAtOnce() {
    assertThat(take(": hb\n")).isEqualTo(": hb\n");
    assertThat(take("retry: 1000\nid: 1-1\n: receipt x\n")).isEmpty();
    assertThat(take("data: a\r\n\r\n")).endsWith("data: a\r\n\r\n");
    assertThat(events.lastId()).isEqualTo("1-1");
  }

  @Test
  void givenTheRestIsForgotten_whenSaidAgain_thenItIsThereOnce() {
    assertThat(take("id: 1-1\ndata: a\n\nid: 1-2\ndata: b\n")).contains("1-1").doesNotContain("b");
    events.forgetRest();
    assertThat(take("id: 1-2\ndata: b\n\n")).isEqualTo("id: 1-2\ndata: b\n\n");
  }

  @Test
  void givenAnEventLongerThanIsHeld_whenTaken_thenItGoesOutInPartsAndIsKnownToBe() {
    var long1 = "id: 1-1\ndata: " + "x".repeat(WholeEvents.HELD_MAX);
    assertThat(take(long1)).isEqualTo(long1);
    assertThat(events.isPartial()).isTrue();
    assertThat(events.lastId()).isEmpty();
    assertThat(take("id: 7-7\n")).isEmpty(); // the rest of the data line
    assertThat(take("\nid: 1-2\n")).isEqualTo("id: 7-7\n\n");
    assertThat(events.isPartial()).isFalse();
    assertThat(events.lastId()).isEqualTo("1-1");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenAnyChunks_whenTaken_thenAllIsPassedOnInWholeEvents(long seed) {
    var random = new Random(seed);
    var all = new StringBuilder();
    for (int i = 1; i <= 300; i++) {
      if (random.nextInt(5) == 0) {
        all.append(": hb\n");
      }
      all.append("id: 1-").append(i).append('\n');
      for (int lines = 1 + random.nextInt(3); lines > 0; lines--) {
        var length = random.nextInt(20) == 0 ? random.nextInt(100_000) : random.nextInt(40);
        all.append("data: ").append("y".repeat(length)).append('\n');
      }
      all.append('\n');
    }
    var text = all.toString();
    var passed = new StringBuilder();
    List<String> ids = new ArrayList<>();
    for (int at = 0; at < text.length(); ) {
      int to = Math.min(text.length(), at + 1 + random.nextInt(3_000));
      passed.append(take(text.substring(at, to)));
      at = to;
      if (!events.isPartial() && passed.indexOf("\n\n") > 0) {
        var whole = passed.substring(0, passed.lastIndexOf("\n\n") + 2);
        var last = LAST.matcher(whole);
        assertThat(last.matches()).isTrue();
        assertThat(events.lastId()).isEqualTo(last.group(1));
        ids.add(last.group(1));
      }
    }
    assertThat(passed.toString()).isEqualTo(text);
    assertThat(ids.getLast()).isEqualTo("1-300");
    events.close();
  }
}
