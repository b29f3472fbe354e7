package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** An endpoint for save hooks that is out of order in one way, until it is healed. */
final class FaultyReceiver implements AutoCloseable {
  private static final int SLOW_MS = 100;

  /** What is wrong with it. */
  enum Fault {
    ANSWERS_500,
    ANSWERS_429,
    HANGS,
    ANSWERS_SLOWLY,
    RESETS_WHEN_IT_HAS_THE_DATA,
    ENDS_IN_ITS_HEAD,
    REFUSES_CONNECTIONS,
    ITS_NAME_IS_GONE
  }

  /** A call whose body it has had. */
  record Received(String id, String body) {}

  private final Fault fault;
  private final Socket place = new Socket();
  private final ServerSocket server = new ServerSocket();
  private final InetSocketAddress address;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Received> calls = new CopyOnWriteArrayList<>();
  private final CountDownLatch healed = new CountDownLatch(1);

  FaultyReceiver(Fault fault) throws IOException {
    this.fault = fault;
    var any = new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0);
    if (fault == Fault.REFUSES_CONNECTIONS) {
      place.setReuseAddress(true);
      place.bind(any); // nobody else gets this port, and nobody listens
      address = (InetSocketAddress) place.getLocalSocketAddress();
    } else {
      server.bind(any);
      address = (InetSocketAddress) server.getLocalSocketAddress();
      threads.execute(this::accept);
    }
  }

  String url() {
    var host = fault == Fault.ITS_NAME_IS_GONE ? name() : "127.0.0.1";
    return "http://" + host + ":" + address.getPort() + "/saved";
  }

  private String name() {
    return "receiver-" + address.getPort() + ".names.test";
  }

  List<Received> calls() {
    return calls;
  }

  /** From now on it takes whatever comes. */
  void heal() throws IOException {
    healed.countDown();
    TestNames.know(name());
    if (!server.isBound()) {
      place.close();
      server.bind(address);
      threads.execute(this::accept);
    }
  }

  private void accept() {
    try {
      while (true) {
        var socket = server.accept();
        threads.execute(() -> serve(socket));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      var in = new BufferedInputStream(socket.getInputStream());
      var id = "";
      int length = 0;
      for (var line = line(in); !line.isEmpty(); line = line(in)) {
        var field = line.split(": *", 2);
        if (field[0].equalsIgnoreCase("webhook-id")) {
          id = field[1];
        } else if (field[0].equalsIgnoreCase("content-length")) {
          length = Integer.parseInt(field[1]);
        }
      }
      calls.add(new Received(id, new String(in.readNBytes(length), UTF_8)));
      answer(socket);
    } catch (IOException e) {
      // the caller has left
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answer(Socket socket) throws IOException, InterruptedException {
    if (healed.getCount() == 0) {
      write(socket, head("204 Taken"));
      return;
    }
    switch (fault) {
      case ANSWERS_500 -> write(socket, head("500 Broken"));
      case ANSWERS_429 -> write(socket, head("429 Busy"));
      case HANGS -> healed.await();
      case ANSWERS_SLOWLY -> {
        for (var letter : head("204 Taken").split("")) {
          write(socket, letter);
          if (healed.await(SLOW_MS, TimeUnit.MILLISECONDS)) {
            return;
          }
        }
      }
      case RESETS_WHEN_IT_HAS_THE_DATA -> socket.setSoLinger(true, 0);
      case ENDS_IN_ITS_HEAD -> write(socket, "HTTP/1.1 200 Ta");
      case REFUSES_CONNECTIONS, ITS_NAME_IS_GONE ->
          throw new IllegalStateException("it cannot be reached");
    }
  }

  private static String head(String status) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    socket.getOutputStream().flush();
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      line.append((char) b);
    }
    return line.toString().strip();
  }

  @Override
  public void close() throws IOException {
    healed.countDown();
    place.close();
    server.close();
    threads.shutdownNow();
  }
}
