package dev.lastword.gateway.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The least that a load balancer can be: each connection goes to the next server that takes it.
 * Some requests it answers itself, whichever connection they come on.
 */
public final class DemoBalancer implements AutoCloseable {
  private static final int CONNECT_MS = 1_000;
  private static final int PART_BYTES = 16 << 10;

  private final ServerSocket socket;
  private final List<InetSocketAddress> servers;
  private final Map<String, Supplier<String>> own;
  private final AtomicInteger next = new AtomicInteger();

  private DemoBalancer(
      ServerSocket socket, List<InetSocketAddress> servers, Map<String, Supplier<String>> own) {
    this.socket = socket;
    this.servers = List.copyOf(servers);
    this.own = Map.copyOf(own);
  }

  /**
   * Listens.
   *
   * @param servers of which any may be gone
   * @param own what is answered here, as JSON, by method and target: {@code POST /demo/kill}; many
   *     may ask at once
   * @throws IOException if it cannot listen there
   */
  public static DemoBalancer start(
      InetSocketAddress address, List<InetSocketAddress> servers, Map<String, Supplier<String>> own)
      throws IOException {
    var balancer =
        new DemoBalancer(
            new ServerSocket(address.getPort(), 100, address.getAddress()), servers, own);
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
    try (client) {
      client.setTcpNoDelay(true);
      var requests = new DemoRequests(client.getInputStream());
      var first = requests.next();
      if (first.isPresent() && !isOwn(first.get(), client)) {
        join(client, requests, first.get());
      }
    } catch (IOException e) {
      // no server takes it, or one side is gone: the client sees a closed connection
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void join(Socket client, DemoRequests requests, DemoRequests.Head first)
      throws IOException, InterruptedException {
    try (var server = connect()) {
      server.setTcpNoDelay(true);
      var up = Thread.ofVirtual().start(() -> pass(client, requests, first, server));
      pass(server, client);
      up.join();
    }
  }

  /**
   * Request after request, until one side ends, or one is our own: that is the connection's last.
   */
  private void pass(Socket client, DemoRequests requests, DemoRequests.Head first, Socket server) {
    try (client;
        server) {
      var head = Optional.of(first);
      while (head.isPresent()) {
        requests.pass(head.get(), server.getOutputStream());
        head = requests.next();
        if (head.isPresent() && isOwn(head.get(), client)) {
          return; // nothing is under way from the server: browsers ask one after the other
        }
      }
    } catch (IOException e) {
      // one side is gone
    }
  }

  private boolean isOwn(DemoRequests.Head head, Socket client) throws IOException {
    var answer = own.get(head.method() + " " + head.target());
    if (answer == null) {
      return false;
    }
    if (isForeign(head)) {
      say(client.getOutputStream(), "403 Forbidden", "{}");
    } else {
      say(client.getOutputStream(), "200 OK", answer.get());
    }
    return true;
  }

  /** Whether a page of another site asks. */
  private static boolean isForeign(DemoRequests.Head head) {
    var origin = head.field("origin");
    return origin.isPresent() && !origin.get().equals("http://" + head.field("host").orElse(""));
  }

  private static void say(OutputStream to, String status, String json) throws IOException {
    var body = json.getBytes(UTF_8);
    var head =
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            .formatted(status, body.length);
    to.write(head.getBytes(UTF_8));
    to.write(body);
    to.flush();
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
