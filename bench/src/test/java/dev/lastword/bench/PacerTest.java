package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PacerTest {
  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private long now = 17 * SECOND;
  private final Pacer pacer = new Pacer(() -> now, TICK);
  private final EmbeddedChannel channel = new EmbeddedChannel();

  @AfterEach
  void releaseBuffers() {
    channel.finishAndReleaseAll();
  }

  @Test
  void givenLateTicks_whenASecondHasPassed_thenNoEventIsMissing() {
    add(new StreamShape(3, 100, 230, 0, false, false));

    for (int i = 0; i < 40; i++) {
      advance(SECOND / 40);
    }

    assertThat(channel.outboundMessages()).hasSize(100);
    assertThat(pacer.takeTally().sent).isEqualTo(100);
  }

  @Test
  void givenEventsFurtherApartThanTheWheelTurns_whenTheyAreDue_thenTheyAreSent() {
    add(new StreamShape(0, 0.1, 230, 0, false, false));

    for (int i = 0; i < 35_000; i++) {
      advance(TICK);
    }

    assertThat(channel.outboundMessages()).hasSize(4);
  }

  @Test
  void givenThreeEventsAsked_whenTimePasses_thenTheStreamEndsAfterThem() {
    add(new StreamShape(1, 100, 230, 3, false, false));

    advance(SECOND);

    assertThat(channel.outboundMessages()).hasSize(4);
    assertThat(last())
        .contains("\"finish_reason\":\"stop\"")
        .contains("data: [DONE]")
        .endsWith("\r\n0\r\n\r\n");
    assertThat(pacer.takeTally().ended).isEqualTo(1);
  }

  @Test
  void givenHeldStream_whenReleased_thenOnlyThenItGoesOn() {
    add(new StreamShape(1, 100, 230, 0, true, true));
    advance(SECOND);
    assertThat(channel.outboundMessages()).hasSize(1);

    pacer.release();
    advance(SECOND + TICK);

    assertThat(channel.outboundMessages()).hasSize(101);
  }

  @Test
  void givenPeerThatDidNotRead_whenItReadsAgain_thenTheDelayCounts() {
    add(new StreamShape(0, 10, 230, 0, false, false));
    advance(2 * TICK);
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
    advance(SECOND);
    assertThat(channel.outboundMessages()).hasSize(1);

    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
    advance(TICK);

    assertThat(channel.outboundMessages()).hasSize(11);
    long stamp = EventTemplate.stamp(last().getBytes(US_ASCII), last().indexOf("data:"));
    assertThat(now - stamp).isBetween(0L, SECOND / 10 + 2 * TICK);
  }

  @Test
  void givenClosedConnection_whenTimePasses_thenTheStreamIsForgotten() {
    var stream = add(new StreamShape(1, 100, 230, 0, false, false));
    advance(SECOND / 10);
    var _ = channel.close();
    pacer.abort(stream);

    advance(SECOND);

    assertThat(pacer.takeTally().aborted).isEqualTo(1);
    assertThat(channel.outboundMessages()).hasSize(10);
  }

  private PacedStream add(StreamShape shape) {
    var stream = new PacedStream(channel, shape, new EventTemplate(shape.bytes()), () -> {});
    pacer.add(stream);
    return stream;
  }

  private void advance(long nanos) {
    now += nanos;
    pacer.run();
    channel.runPendingTasks();
  }

  private String last() {
    ByteBuf last = null;
    for (var message : channel.outboundMessages()) {
      last = (ByteBuf) message;
    }
    return last == null ? "" : last.toString(US_ASCII);
  }
}
