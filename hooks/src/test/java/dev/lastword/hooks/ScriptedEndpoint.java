package dev.lastword.hooks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * An endpoint on a socket of its own, which does with each call what the next of its scripts says.
 */
final class ScriptedEndpoint implements AutoCloseable {
  /** A call whose body was taken. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Received(Map<String, String> fields, byte[] body) {}

  /** What it does with a call. */
  @FunctionalInterface
  interface Script {
    void answer(Socket socket) throws IOException, InterruptedException;
  }

  private final ServerSocket server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<Script> scripts = new LinkedBlockingQueue<>();
  private final List<Received> calls = new CopyOnWriteArrayList<>();

  ScriptedEndpoint() throws IOException {
    this(new ServerSocket(0, 1_000, InetAddress.getByAddress(new byte[] {127, 0, 0, 1})));
  }

  ScriptedEndpoint(ServerSocket server) {
    this.server = server;
    threads.execute(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  List<Received> calls() {
    return calls;
  }

  ScriptedEndpoint then(Script script) {
    scripts.add(script);
    return this;
  }

  ScriptedEndpoint thenStatus(int status, String... fields) {
    var more = fields.length == 0 ? "" : String.join("\r\n", fields) + "\r\n";
    return then(
        socket ->
            write(socket, "HTTP/1.1 " + status + " X\r\nContent-Length: 0\r\n" + more + "\r\n"));
  }

  static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    socket.getOutputStream().flush();
  }

  static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var socket = server.accept();
        threads.execute(() -> serve(socket));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      var in = new BufferedInputStream(socket.getInputStream());
      while (!line(in).isEmpty()) {
        var fields = new HashMap<String, String>();
        for (var line = line(in); !line.isEmpty(); line = line(in)) {
          int colon = line.indexOf(':');
          fields.put(
              line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
        calls.add(
            new Received(fields, in.readNBytes(Integer.parseInt(fields.get("content-length")))));
        scripts.take().answer(socket);
      }
    } catch (IOException e) {
      // the caller has left, or the script has
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
    server.close();
    threads.shutdownNow();
  }
}
