package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP/1.1 server whose answers are scripts that write bytes: whatever they write is what goes
 * on the wire.
 */
final class ScriptedUpstream implements AutoCloseable {
  /** Answers one request. When it returns, the connection waits for the next one. */
  interface Script {
    void answer(Exchanged exchange) throws Exception;
  }

  private final ServerSocket socket;
  private final Map<String, Script> scripts = new ConcurrentHashMap<>();
  private final List<Exchanged> exchanges = new CopyOnWriteArrayList<>();
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();

  private ScriptedUpstream(ServerSocket socket) {
    this.socket = socket;
  }

  static ScriptedUpstream start() throws IOException {
    var upstream =
        new ScriptedUpstream(new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress()));
    Thread.ofVirtual().start(upstream::accept);
    return upstream;
  }

  ScriptedUpstream on(String path, Script script) {
    scripts.put(path, script);
    return this;
  }

  String url() {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  /** How many connections were opened so far. */
  int connections() {
    return connections.get();
  }

  List<Exchanged> exchanges() {
    return exchanges;
  }

  Exchanged last() {
    return exchanges.getLast();
  }

  private void accept() {
    try {
      while (true) {
        var accepted = socket.accept();
        connections.incrementAndGet();
        open.add(accepted);
        Thread.ofVirtual().start(() -> serve(accepted));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      var in = connection.getInputStream();
      while (true) {
        var exchange = Exchanged.read(connection, in);
        exchanges.add(exchange);
        var script = scripts.get(exchange.path());
        if (script == null) {
          exchange.respond(404, "text/plain", "no script for " + exchange.path());
        } else {
          script.answer(exchange);
        }
        if (connection.isClosed()) {
          return;
        }
      }
    } catch (Exception e) {
      // the peer has gone, which its test knows
    } finally {
      open.remove(connection);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    for (var connection : open) {
      connection.close();
    }
  }

  /** One request, and the means to answer it. */
  static final class Exchanged {
    private final Socket socket;
    private final InputStream in;
    private final String method;
    private final String target;
    private final Map<String, String> headers;
    private final byte[] body;
    private final CountDownLatch gone = new CountDownLatch(1);

    private Exchanged(
        Socket socket,
        InputStream in,
        String method,
        String target,
        Map<String, String> headers,
        byte[] body) {
      this.socket = socket;
      this.in = in;
      this.method = method;
      this.target = target;
      this.headers = headers;
      this.body = body;
    }

    static Exchanged read(Socket socket, InputStream in) throws IOException {
      var words = line(in).split(" ");
      var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
      for (var field = line(in); !field.isEmpty(); field = line(in)) {
        int colon = field.indexOf(':');
        headers.merge(
            field.substring(0, colon), field.substring(colon + 1).strip(), (a, b) -> a + ", " + b);
      }
      return new Exchanged(socket, in, words[0], words[1], headers, body(in, headers));
    }

    private static byte[] body(InputStream in, Map<String, String> headers) throws IOException {
      if (headers
          .getOrDefault("transfer-encoding", "")
          .toLowerCase(Locale.ROOT)
          .equals("chunked")) {
        var body = new ByteArrayOutputStream();
        for (int size = Integer.parseInt(line(in), 16);
            size > 0;
            size = Integer.parseInt(line(in), 16)) {
          body.write(in.readNBytes(size));
          line(in);
        }
        line(in);
        return body.toByteArray();
      }
      return in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
    }

    private static String line(InputStream in) throws IOException {
      var line = new ByteArrayOutputStream();
      for (int b = in.read(); b != '\n'; b = in.read()) {
        if (b < 0) {
          throw new EOFException();
        }
        if (b != '\r') {
          line.write(b);
        }
      }
      return line.toString(ISO_8859_1);
    }

    String method() {
      return method;
    }

    String target() {
      return target;
    }

    String path() {
      int question = target.indexOf('?');
      return question < 0 ? target : target.substring(0, question);
    }

    Map<String, String> headers() {
      return headers;
    }

    byte[] body() {
      return body;
    }

    Exchanged raw(String bytes) throws IOException {
      return raw(bytes.getBytes(UTF_8));
    }

    Exchanged raw(byte[] bytes) throws IOException {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
      return this;
    }

    void respond(int status, String type, String text) throws IOException {
      var bytes = text.getBytes(UTF_8);
      raw(
          "HTTP/1.1 "
              + status
              + " Scripted\r\nContent-Type: "
              + type
              + "\r\nContent-Length: "
              + bytes.length
              + "\r\n\r\n");
      raw(bytes);
    }

    /** The head of a chunked event stream. */
    Exchanged stream() throws IOException {
      return raw(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    Exchanged chunk(String text) throws IOException {
      var bytes = text.getBytes(UTF_8);
      raw(Integer.toHexString(bytes.length) + "\r\n");
      raw(bytes);
      return raw("\r\n");
    }

    Exchanged data(String data) throws IOException {
      return chunk("data: " + data + "\n\n");
    }

    Exchanged delta(String text) throws IOException {
      return data(
          "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
              + text
              + "\"},\"finish_reason\":null}]}");
    }

    Exchanged finish() throws IOException {
      return data("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
    }

    /** Ends a chunked body as it should be. */
    void end() throws IOException {
      raw("0\r\n\r\n");
    }

    /** Closes in the middle, with a FIN. */
    void cut() throws IOException {
      socket.close();
    }

    /** Closes in the middle, with a RST. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    /** Reads what the peer sends after its request; less at its end. */
    byte[] read(int length) throws IOException {
      return in.readNBytes(length);
    }

    /** Waits until the peer has closed the connection. */
    boolean peerCloses(long seconds) throws IOException {
      socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(seconds));
      try {
        boolean closed = in.read() < 0;
        gone.countDown();
        return closed;
      } catch (java.net.SocketTimeoutException e) {
        return false;
      } catch (IOException e) {
        gone.countDown();
        return true;
      }
    }
  }
}
