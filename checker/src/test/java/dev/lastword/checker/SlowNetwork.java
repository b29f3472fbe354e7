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

/** A network between readers and an endpoint: each way 200 ms long and 2 KB/s wide. */
final class SlowNetwork implements AutoCloseable {
  private static final long DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final int SLICE_BYTES = 100;
  private static final long SLICE_MS = 50;
  private static final byte[] END = {};

  private final ServerSocket entry = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
  private final int port;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** Bytes on their way. */
  @SuppressWarnings("ArrayRecordComponent") // compared by identity only
  private record Packet(byte[] bytes, long dueNanos) {}

  SlowNetwork(int port) throws IOException {
    this.port = port;
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
              way.add(new Packet(Arrays.copyOf(buffer, n), System.nanoTime() + DELAY_NANOS));
            }
          } catch (IOException e) {
            // reset: the other side learns of it as of an end
          }
          way.add(new Packet(END, System.nanoTime() + DELAY_NANOS));
        });
    threads.execute(() -> deliver(way, to));
  }

  private static void deliver(LinkedBlockingQueue<Packet> way, Socket to) {
    try (to) {
      for (var packet = way.take(); packet.bytes() != END; packet = way.take()) {
        TimeUnit.NANOSECONDS.sleep(packet.dueNanos() - System.nanoTime());
        for (int at = 0; at < packet.bytes().length; at += SLICE_BYTES) {
          to.getOutputStream()
              .write(packet.bytes(), at, Math.min(SLICE_BYTES, packet.bytes().length - at));
          Thread.sleep(SLICE_MS);
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
