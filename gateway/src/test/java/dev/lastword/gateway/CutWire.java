package dev.lastword.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A wire to a server, which a test can cut while both ends live. */
final class CutWire implements AutoCloseable {
  private final ServerSocket socket;
  private final InetSocketAddress to;
  private final List<Socket> ends = new CopyOnWriteArrayList<>();
  private final Set<Socket> forgotten = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();

  private CutWire(ServerSocket socket, InetSocketAddress to) {
    this.socket = socket;
    this.to = to;
  }

  static CutWire to(InetSocketAddress address) throws IOException {
    var wire = new CutWire(new ServerSocket(0, 100, InetAddress.getLoopbackAddress()), address);
    Thread.ofVirtual().start(wire::accept);
    return wire;
  }

  String url() {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  /** How many connections came by it so far. */
  int connections() {
    return connections.get();
  }

  /** Resets all connections; new ones are taken. */
  void cut() {
    var cut = List.copyOf(ends);
    for (var end : cut) {
      try {
        end.setSoLinger(true, 0);
        end.close();
      } catch (IOException e) {
        // it was closed by its other end
      }
    }
    ends.removeAll(cut); // and no other: who was cut is back at once
  }

  /**
   * What there is of connections loses all that is sent, and nobody is told; new ones are taken.
   */
  void forget() {
    forgotten.addAll(ends);
  }

  private void accept() {
    try {
      while (true) {
        var client = socket.accept();
        connections.incrementAndGet();
        ends.add(client);
        Thread.ofVirtual().start(() -> join(client));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void join(Socket client) {
    try {
      var server = new Socket(to.getAddress(), to.getPort());
      ends.add(server);
      Thread.ofVirtual().start(() -> pass(client, server));
      pass(server, client);
    } catch (IOException e) {
      cut(); // the server is gone
    }
  }

  private void pass(Socket from, Socket into) {
    try (from;
        into) {
      InputStream in = from.getInputStream();
      var buffer = new byte[4_096];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (!forgotten.contains(from)) {
          into.getOutputStream().write(buffer, 0, read);
        }
      }
    } catch (IOException e) {
      // cut
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    cut();
  }
}
