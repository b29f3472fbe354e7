package dev.lastword.reader;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** An endpoint on a real socket, which answers each request as the next part of its script says. */
final class ScriptedEndpoint implements AutoCloseable {
  /** A request that it has had. */
  record Asked(String method, String target, Map<String, String> fields) {}

  /** What is done with a request, and the connection with it. */
  @FunctionalInterface
  interface Answering {
    void to(Asked asked, OutputStream out) throws Exception;
  }

  private final ServerSocket server;
  private final BlockingQueue<Answering> script = new LinkedBlockingQueue<>();
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  ScriptedEndpoint() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  URI uri(String target) {
    return URI.create("http://127.0.0.1:" + server.getLocalPort() + target);
  }

  List<Asked> asked() {
    return asked;
  }

  ScriptedEndpoint then(Answering answering) {
    script.add(answering);
    return this;
  }

  /** An event stream of some text, whose body then ends in good order. */
  ScriptedEndpoint thenEvents(String text, String... fields) {
    return then(
        (request, out) -> {
          out.write((head("200 OK", fields) + chunk(text) + "0\r\n\r\n").getBytes(UTF_8));
        });
  }

  /** The same, and the connection breaks off. */
  ScriptedEndpoint thenBroken(String text, String... fields) {
    return then(
        (request, out) -> out.write((head("200 OK", fields) + chunk(text)).getBytes(UTF_8)));
  }

  ScriptedEndpoint thenStatus(String status, String... fields) {
    return then(
        (request, out) -> {
          var more = new ArrayList<>(List.of(fields));
          var head = new StringBuilder("HTTP/1.1 " + status + "\r\nConnection: close\r\n");
          if (!status.startsWith("204")) {
            head.append("Content-Length: 0\r\n");
          }
          more.forEach(field -> head.append(field).append("\r\n"));
          out.write((head + "\r\n").getBytes(UTF_8));
        });
  }

  static String head(String status, String... fields) {
    var head = new StringBuilder("HTTP/1.1 " + status + "\r\n");
    head.append("Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n");
    for (var field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  static String chunk(String text) {
    return text.isEmpty()
        ? ""
        : Integer.toHexString(text.getBytes(UTF_8).length) + "\r\n" + text + "\r\n";
  }

  private void accept() {
    try {
      while (true) {
        var socket = server.accept();
        sockets.add(socket);
        Thread.ofVirtual().start(() -> answer(socket));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void answer(Socket socket) {
    try (socket) {
      var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
      var line = in.readLine().split(" ", -1);
      var fields = new TreeMap<String, String>();
      for (var field = in.readLine(); !field.isEmpty(); field = in.readLine()) {
        int colon = field.indexOf(':');
        fields.put(
            field.substring(0, colon).toLowerCase(Locale.ROOT), field.substring(colon + 1).strip());
      }
      for (int left = Integer.parseInt(fields.getOrDefault("content-length", "0"));
          left > 0;
          left--) {
        if (in.read() < 0) {
          return;
        }
      }
      var request = new Asked(line[0], line[1], fields);
      asked.add(request);
      script.take().to(request, socket.getOutputStream());
    } catch (Exception e) {
      // the test sees what came of it
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (var socket : sockets) {
      socket.close();
    }
  }
}
