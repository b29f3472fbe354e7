package dev.lastword.checker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A network between readers and an endpoint, long and narrow. */
final class SlowNetwork implements AutoCloseable {
  private static final long SLICE_MS = 50;
  private static final byte[] END = {};

  private final ServerSocket entry = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
  private final int port;
  private final long delayNanos;
  private final int sliceBytes;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** Bytes on their way. */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity only
  private record Packet(byte[] bytes, long dueNanos) {}

  /**
   * @param delayMs how long bytes take in each direction
   * @param bytesPerSecond how many a connection carries in each direction
   */
  SlowNetwork(int port, int delayMs, int bytesPerSecond) throws IOException {
    this.port = port;
    this.delayNanos = TimeUnit.MILLISECONDS.toNanos(delayMs);
    this.sliceBytes = (int) (bytesPerSecond * SLICE_MS / 1000);
    threads.execute(this::accept);
  }

  String url(String path) {
    return "http://127.0.0.1:" + entry.getLocalPort() + path;
  }

  private void accept() {
    while (!entry.isClosed()) {
      try {
        var near = entry.accept();
        var far = new Socket(InetAddress.getLoopbackAddress(), port);
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
        carry(near, far);
        carry(far, near);
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void carry(Socket from, Socket to) {
    var way = new LinkedBlockingQueue<Packet>();
    threads.execute(
        () -> {
          var buffer = new byte[4096];
          try {
            for (int n = from.getInputStream().read(buffer);
                n >= 0;
                n = from.getInputStream().read(buffer)) {
              way.add(new Packet(Arrays.copyOf(buffer, n), System.nanoTime() + delayNanos));
            }
          } catch (IOException e) {
            // reset: the other side learns of it as of an end
          }
          way.add(new Packet(END, System.nanoTime() + delayNanos));
        });
    threads.execute(() -> deliver(way, to));
  }

  private void deliver(LinkedBlockingQueue<Packet> way, Socket to) {
    try (to) {
      for (var packet = way.take(); packet.bytes() != END; packet = way.take()) {
        TimeUnit.NANOSECONDS.sleep(packet.dueNanos() - System.nanoTime());
        for (int at = 0; at < packet.bytes().length; at += sliceBytes) {
          to.getOutputStream()
              .write(packet.bytes(), at, Math.min(sliceBytes, packet.bytes().length - at));
          if (at + sliceBytes < packet.bytes().length || sliceBytes < 1000) {
            Thread.sleep(SLICE_MS);
          }
        }
      }
    } catch (IOException e) {
      // the receiver has left
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    entry.close();
    threads.shutdownNow();
  }
}
