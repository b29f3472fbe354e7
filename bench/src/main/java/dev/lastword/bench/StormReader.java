package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.ThreadLocalRandom;

/// An EventSource: connects with the last id it has seen, again and again until it is answered 204,
/// and checks that no event is left out or repeated.
final class StormReader implements Runnable {
  private static final int CONNECT_TIMEOUT_MS = 10_000;
  private static final int SILENCE_MS = 60_000;
  private static final int RETRY_MS = 2_000; // before the first event says so

  private final StormCommand.Storm storm;
  private final int number;
  private String lastId = "";
  private long lastSeq;
  private int retryMs = RETRY_MS;
  private int broken;
  private double waitedMs = -1;
  private double backMs = -1;
  private boolean done;
  private String complaint = "it is still trying";

  StormReader(StormCommand.Storm storm, int number) {
    this.storm = storm;
    this.number = number;
  }

  int number() {
    return number;
  }

  /// Whether it has seen all events, and has been told that there are no more.
  boolean isDone() {
    return done && backMs >= 0;
  }

  String complaint() {
    return complaint;
  }

  /// Connections tried since the first one broke.
  int connections() {
    return broken;
  }

  /// From its first request that the gateway answered after the kill to the next event.
  double waitedMs() {
    return waitedMs;
  }

  /// From the moment at which the gateway was ready again to the next event.
  double backMs() {
    return backMs;
  }

  @Override
  public void run() {
    try {
      while (!done) {
        try {
          read();
        } catch (IOException e) {
          complaint = e.toString();
        }
        broken++;
        Thread.sleep(done ? 0 : retryMs);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IllegalStateException e) {
      complaint = e.toString(); // for good, as an EventSource does
    }
  }

  private void read() throws IOException {
    long asked = System.nanoTime();
    try (var socket = new Socket()) {
      socket.bind(ReaderPlan.source(number));
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), storm.port()),
          CONNECT_TIMEOUT_MS);
      socket.setSoTimeout(SILENCE_MS);
      socket.getOutputStream().write(request().getBytes(US_ASCII));
      var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII), 512);
      var status = in.readLine();
      if (status == null) {
        return;
      }
      if (status.startsWith("HTTP/1.1 204")) {
        done = true;
        return;
      }
      if (!status.startsWith("HTTP/1.1 200")) {
        throw new IllegalStateException("it is answered " + status);
      }
      for (var line = in.readLine(); line != null; line = in.readLine()) {
        take(line, asked);
      }
    }
  }

  private String request() {
    return "GET "
        + storm.path()
        + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        + (lastId.isEmpty() ? "" : "Last-Event-ID: " + lastId + "\r\n")
        + "\r\n";
  }

  private void take(String line, long asked) {
    if (line.startsWith("retry: ")) {
      int told = Integer.parseInt(line.substring(7));
      retryMs = told + ThreadLocalRandom.current().nextInt(1 + told / 20); // timers are not exact
    } else if (line.startsWith("id: ")) {
      lastId = line.substring(4);
      long seq = Long.parseLong(lastId.substring(lastId.indexOf('-') + 1));
      if (lastSeq == 0) {
        storm.reads();
      } else if (seq != lastSeq + 1) {
        throw new IllegalStateException("event " + seq + " follows " + lastSeq);
      }
      lastSeq = seq;
      heard(asked);
    }
  }

  private void heard(long asked) {
    long now = System.nanoTime();
    if (broken > 0 && backMs < 0) {
      waitedMs = (now - asked) / 1e6;
      backMs = Math.max(0, (now - storm.readyNanos()) / 1e6);
    }
  }
}
