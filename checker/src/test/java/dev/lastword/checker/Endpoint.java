package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLServerSocket;

/**
 * A chat endpoint on a socket of its own, scripted byte by byte: {@code POST /chat} answers as its
 * script says, {@code GET /messages/ID} shows what was saved.
 */
final class Endpoint implements AutoCloseable {
  /** What an endpoint does with one request. */
  @FunctionalInterface
  interface Script {
    void answer(Exchange exchange) throws IOException, InterruptedException;
  }

  private final ServerSocket server;
  private final Script script;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, String> saved = new ConcurrentHashMap<>();
  private final AtomicInteger ids = new AtomicInteger();

  Endpoint(Script script) throws IOException {
    this(script, new ServerSocket(0, 128, InetAddress.getLoopbackAddress()));
  }

  /** An endpoint on a socket that listens already, such as one for TLS. */
  Endpoint(Script script, ServerSocket server) {
    this.server = server;
    this.script = script;
    threads.execute(this::accept);
  }

  String url(String path) {
    var scheme = server instanceof SSLServerSocket ? "https" : "http";
    return scheme + "://127.0.0.1:" + server.getLocalPort() + path;
  }

  int port() {
    return server.getLocalPort();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var socket = server.accept();
        socket.setTcpNoDelay(true);
        threads.execute(() -> serve(socket));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      var exchange = Exchange.read(this, socket);
      if (exchange.method.isEmpty()) {
        return;
      }
      if (exchange.path.startsWith("/messages/")) {
        var text =
            saved.get(exchange.path.replaceFirst("[?].*$", "").substring("/messages/".length()));
        exchange.reply(text == null ? 404 : 200, "text/plain", text == null ? "" : text);
        return;
      }
      script.answer(exchange);
    } catch (IOException e) {
      // the reader has left, which is what is tested
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }

  /** One request and its response. */
  static final class Exchange {
    final String id;
    final String method;
    final String path;
    final Map<String, String> headers;
    final String body;
    private final Endpoint endpoint;
    private final Socket socket;
    private final OutputStream out;

    private Exchange(
        Endpoint endpoint,
        Socket socket,
        String method,
        String path,
        Map<String, String> headers,
        String body)
        throws IOException {
      this.endpoint = endpoint;
      this.socket = socket;
      this.out = socket.getOutputStream();
      this.id = "m" + endpoint.ids.incrementAndGet();
      this.method = method;
      this.path = path;
      this.headers = headers;
      this.body = body;
    }

    private static Exchange read(Endpoint endpoint, Socket socket) throws IOException {
      var in = new BufferedInputStream(socket.getInputStream());
      var first = line(in).split(" ", -1);
      var headers = new HashMap<String, String>();
      for (var line = line(in); !line.isEmpty(); line = line(in)) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
      var body = new String(in.readNBytes(length), UTF_8);
      return new Exchange(
          endpoint, socket, first[0], first.length > 1 ? first[1] : "", headers, body);
    }

    private static String line(InputStream in) throws IOException {
      var line = new StringBuilder();
      for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
        line.append((char) b);
      }
      return line.toString().strip();
    }

    void reply(int status, String type, String body) throws IOException {
      var bytes = body.getBytes(UTF_8);
      raw(
          "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
              .formatted(status, type, bytes.length));
      out.write(bytes);
      out.flush();
    }

    /** Opens a chunked event stream. */
    Exchange open(String... moreHeaders) throws IOException {
      var head =
          new StringBuilder(
              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Message-Id: "
                  + id
                  + "\r\nTransfer-Encoding: chunked\r\n");
      for (var header : moreHeaders) {
        head.append(header).append("\r\n");
      }
      raw(head.append("\r\n").toString());
      return this;
    }

    /** Writes event bytes as one chunk, in one write: a reader may leave at its last byte. */
    void chunk(String text) throws IOException {
      chunk(text.getBytes(UTF_8));
    }

    /** Writes bytes as one chunk, in one write. */
    void chunk(byte[] content) throws IOException {
      if (content.length == 0) {
        return; // would end the body
      }
      var bytes = new ByteArrayOutputStream();
      bytes.writeBytes((Integer.toHexString(content.length) + "\r\n").getBytes(UTF_8));
      bytes.writeBytes(content);
      bytes.writeBytes("\r\n".getBytes(UTF_8));
      out.write(bytes.toByteArray());
      out.flush();
    }

    /** Writes one event. */
    void event(String data) throws IOException {
      chunk("data: " + data + "\n\n");
    }

    /** Ends the body. */
    void end() throws IOException {
      raw("0\r\n\r\n");
    }

    void raw(String bytes) throws IOException {
      out.write(bytes.getBytes(ISO_8859_1));
      out.flush();
    }

    /** Breaks the connection, in the middle of a write of another thread if need be. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    void save(String text) {
      endpoint.saved.put(id, text);
    }

    /**
     * Whether the reader is still there after this time: how a server that is cancelled finds out.
     */
    boolean readerStays(int ms) throws IOException {
      socket.setSoTimeout(ms);
      try {
        return socket.getInputStream().read() >= 0;
      } catch (SocketTimeoutException e) {
        return true;
      } catch (IOException e) {
        return false; // reset
      }
    }
  }
}
