package dev.lastword.gateway.demo;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The least that a load balancer can be: each connection goes to the next server that takes it, and
 * knows nothing of what is said on it.
 */
public final class DemoBalancer implements AutoCloseable {
  private static final int CONNECT_MS = 1_000;
  private static final int PART_BYTES = 16 << 10;

  private final ServerSocket socket;
  private final List<InetSocketAddress> servers;
  private final AtomicInteger next = new AtomicInteger();

  private DemoBalancer(ServerSocket socket, List<InetSocketAddress> servers) {
    this.socket = socket;
    this.servers = List.copyOf(servers);
  }

  /**
   * Listens.
   *
   * @param servers of which any may be gone
   * @throws IOException if it cannot listen there
   */
  public static DemoBalancer start(InetSocketAddress address, List<InetSocketAddress> servers)
      throws IOException {
    var balancer =
        new DemoBalancer(new ServerSocket(address.getPort(), 100, address.getAddress()), servers);
    Thread.ofVirtual().start(balancer::accept);
    return balancer;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return (InetSocketAddress) socket.getLocalSocketAddress();
  }

  private void accept() {
    try {
      while (true) {
        var client = socket.accept();
        Thread.ofVirtual().start(() -> join(client));
      }
    } catch (IOException e) {
      // it was closed
    }
  }

  private void join(Socket client) {
    try (client;
        var server = connect()) {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      var up = Thread.ofVirtual().start(() -> pass(client, server));
      pass(server, client);
      up.join();
    } catch (IOException e) {
      // no server takes it, or one side is gone: the client sees a closed connection
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Socket connect() throws IOException {
    IOException failure = new IOException("there is no server");
    for (int tried = 0; tried < servers.size(); tried++) {
      var to = servers.get(Math.floorMod(next.getAndIncrement(), servers.size()));
      var server = new Socket();
      try {
        server.connect(to, CONNECT_MS);
        return server;
      } catch (IOException e) {
        server.close();
        failure = e;
      }
    }
    throw failure;
  }

  /** Until one side ends; then the other one is ended as well. */
  private static void pass(Socket from, Socket to) {
    try (from;
        to) {
      var part = new byte[PART_BYTES];
      var in = from.getInputStream();
      for (int read = in.read(part); read >= 0; read = in.read(part)) {
        to.getOutputStream().write(part, 0, read);
      }
    } catch (IOException e) {
      // one side is gone
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
