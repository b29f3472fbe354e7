package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventCheckTest {
  private static final int KEY = 7;
  private final EventTemplate template = new EventTemplate(230);
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final ReaderTally tally = new ReaderTally();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 229, 230, 231, 232, 233, 4096})
  void givenWholeStream_whenReadInPieces_thenEveryEventIsCountedAndNothingIsWrong(int piece) {
    for (int i = 0; i < 20; i++) {
      event(i);
    }
    ending(20);

    var check = read(piece);

    assertThat(check.isDone()).isTrue();
    assertThat(tally.latency.getTotalCount()).isEqualTo(21);
    assertThat(tally.ending.getTotalCount()).isEqualTo(1);
    assertThat(wrong()).isZero();
  }

  @Test
  void givenRandomCuts_whenIdsAndCommentsStandBetween_thenNothingIsWrong() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      line("id: 1-" + i);
      event(i);
      if (random.nextInt(5) == 0) {
        line(": hb");
        line("");
      }
    }
    ending(200);
    var bytes = body.toByteArray();
    var check = new EventCheck(template, KEY, true);

    for (int at = 0; at < bytes.length; ) {
      int to = Math.min(bytes.length, at + 1 + random.nextInt(600));
      check.accept(bytes, at, to, 0, tally);
      at = to;
    }

    assertThat(wrong()).as("seed %d: %s", seed, tally.complaint).isZero();
    assertThat(tally.latency.getTotalCount()).as("seed %d", seed).isEqualTo(201);
  }

  @Test
  void givenTimeOfSending_whenRead_thenLatencyIsTheTimeSince() {
    append(template.event(KEY, 0, 1_000_000));

    new EventCheck(template, KEY, true)
        .accept(body.toByteArray(), 0, body.size(), 3_000_000, tally);

    assertThat(tally.latency.getMaxValue()).isBetween(2_000_000L, 2_002_000L);
  }

  @Test
  void givenReaderThatIsNotTimed_whenRead_thenItsEventsCountAndHaveNoLatency() {
    event(0);
    ending(1);
    var bytes = body.toByteArray();

    var check = new EventCheck(template, KEY, false);
    check.accept(bytes, 0, bytes.length, 3_000_000, tally);

    assertThat(check.isDone()).isTrue();
    assertThat(tally.events).isEqualTo(2);
    assertThat(tally.latency.getTotalCount() + tally.ending.getTotalCount()).isZero();
    assertThat(wrong()).isZero();
  }

  @Test
  void givenMissingEvents_whenRead_thenTheyAreLost() {
    event(0);
    event(3);

    read(4096);

    assertThat(tally.lost).isEqualTo(2);
    assertThat(tally.complaint).isEqualTo("stream 7 got event 3 instead of 1");
  }

  @Test
  void givenRepeatedOrEarlierEvent_whenRead_thenItIsBackward() {
    event(0);
    event(1);
    event(1);
    event(0);

    read(4096);

    assertThat(tally.backward).isEqualTo(2);
  }

  @Test
  void givenEventOfAnotherStream_whenRead_thenItIsCrossed() {
    append(template.event(KEY + 1, 0, 0));

    read(4096);

    assertThat(tally.crossed).isEqualTo(1);
  }

  @Test
  void givenChangedByte_whenRead_thenItIsMalformed() {
    event(0);
    var bytes = body.toByteArray();
    int last = new String(bytes, UTF_8).lastIndexOf("null");
    bytes[last] = 'N';

    new EventCheck(template, KEY, true).accept(bytes, 0, bytes.length, 0, tally);

    assertThat(tally.malformed).isEqualTo(1);
    assertThat(tally.latency.getTotalCount()).isZero();
  }

  @Test
  void givenNoBlankLineBetweenEvents_whenRead_thenTheSecondIsMalformed() {
    event(0);
    var withoutBlank = body.toString(UTF_8).stripTrailing() + "\n";
    body.reset();
    body.writeBytes(withoutBlank.getBytes(UTF_8));
    event(1);

    read(4096);

    assertThat(tally.malformed).isEqualTo(1);
  }

  @Test
  void givenTerminalEventWithoutEndingEvent_whenRead_thenItIsNotDone() {
    event(0);
    line("data: [DONE]");
    line("");

    assertThat(read(4096).isDone()).isFalse();
    assertThat(tally.malformed).isEqualTo(1);
  }

  private long wrong() {
    return tally.lost + tally.backward + tally.crossed + tally.malformed;
  }

  private EventCheck read(int piece) {
    var check = new EventCheck(template, KEY, true);
    var bytes = body.toByteArray();
    for (int at = 0; at < bytes.length; at += piece) {
      check.accept(bytes, at, Math.min(bytes.length, at + piece), 0, tally);
    }
    return check;
  }

  private void event(int sequence) {
    append(template.event(KEY, sequence, 0));
  }

  private void ending(int sequence) {
    append(template.ending(KEY, sequence, 0));
  }

  private void line(String text) {
    body.writeBytes((text + "\n").getBytes(UTF_8));
  }

  // Takes the chunks apart with the reader's own code, so the two are tested together.
  private void append(ByteBuffer chunks) {
    var bytes = new byte[chunks.remaining()];
    chunks.get(0, bytes);
    var head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(UTF_8);
    var response = new ResponseReader(new BodyOnly());
    response.accept(head, 0, head.length);
    response.accept(bytes, 0, bytes.length);
  }

  private final class BodyOnly implements ResponseReader.Sink {
    @Override
    public void head(int status, String fields) {}

    @Override
    public void body(byte[] bytes, int from, int to) {
      body.write(bytes, from, to - from);
    }

    @Override
    public void end() {}
  }
}
