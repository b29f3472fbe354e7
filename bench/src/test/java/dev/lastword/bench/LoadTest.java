package dev.lastword.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Source and readers against each other, over real sockets.
@EnabledOnOs(value = OS.LINUX, disabledReason = "the load tool uses epoll and /proc")
@Timeout(60)
class LoadTest {
  private UpstreamLoad source;
  private ReaderLoad readers;

  @BeforeEach
  void start() {
    source = new UpstreamLoad(2, 1000);
    readers = new ReaderLoad(2);
  }

  @AfterEach
  void stop() {
    readers.close();
    source.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10})
  void givenStreamsThatEndAndBeginAgain_whenFinished_thenReadersHaveAllThatWasSent(int timedOneIn)
      throws Exception {
    var shape = new StreamShape(0, 500, 230, 40, false, false);
    readers.open("all", new ReaderPlan(source.port(), 30, "", shape, timedOneIn), 20);
    awaitEnded(100);

    readers.stop("all");
    source.finish();
    int leftOver = readers.drain("all", 20);

    var seen = readers.total("all");
    var sent = source.takeTally();
    assertThat(leftOver).isZero();
    assertThat(seen.complaint).isEmpty();
    assertThat(seen.events).isEqualTo(sent.sent + before.sent);
    assertThat(seen.latency.getTotalCount())
        .isBetween(1L, timedOneIn == 1 ? seen.events : seen.events / 3);
    assertThat(seen.complete).isEqualTo(sent.ended + before.ended).isGreaterThanOrEqualTo(100);
    assertThat(seen.truncated + seen.refused + seen.lost + seen.backward + seen.malformed).isZero();
  }

  @Test
  void givenHeldStreams_whenReleased_thenAllSendAtTheSameMoments() throws Exception {
    var shape = new StreamShape(0, 50, 300, 0, true, true);
    readers.open("all", new ReaderPlan(source.port(), 10, "", shape, 1), 20);
    assertThat(source.takeTally().sent).isEqualTo(10);

    source.release();
    awaitSent(50);
    readers.stop("all");
    source.finish();

    assertThat(readers.drain("all", 20)).isZero();
    assertThat(readers.total("all").complete).isEqualTo(10);
  }

  @Test
  void givenPeerThatCloses_whenReadersAsk_thenTheyReportTruncatedResponses() throws Exception {
    var shape = new StreamShape(0, 100, 230, 0, false, false);
    readers.open("all", new ReaderPlan(source.port(), 5, "", shape, 1), 20);
    awaitStarted(5); // a connection that is only queued belongs to nobody yet

    readers.stop("all");
    source.close();

    assertThat(readers.drain("all", 20)).isZero();
    assertThat(readers.total("all").truncated).isEqualTo(5);
  }

  @Test
  void givenNobodyListens_whenReadersOpen_thenTheyAreRefused() throws IOException {
    try (var taken = new Socket()) { // a port that is bound, so that nobody can come to listen
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      var shape = new StreamShape(0, 1, 230, 0, false, false);
      var plan = new ReaderPlan(taken.getLocalPort(), 3, "", shape, 1);

      assertThatThrownBy(() -> readers.open("all", plan, 20)).hasMessageContaining("no connection");
    }
  }

  private Pacer.Tally before = new Pacer.Tally();

  private void awaitStarted(int count) throws InterruptedException {
    while (before.started < count) {
      before.add(source.takeTally());
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private void awaitEnded(int count) throws InterruptedException {
    while (before.ended < count) {
      before.add(source.takeTally());
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private void awaitSent(int count) throws InterruptedException {
    for (long sent = 0; sent < count; sent += source.takeTally().sent) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }
}
