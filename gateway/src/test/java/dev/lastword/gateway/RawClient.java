package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A client that sends bytes and reads what comes, byte for byte. */
final class RawClient implements AutoCloseable {
  /** How a body ended. */
  enum End {
    /** As its framing says. */
    CLEAN,
    /** The connection was closed before the framing's end. */
    CUT,
    /** The connection was reset. */
    RESET
  }

  /** A whole response; the body without its framing. */
  record Reply(int status, Map<String, String> headers, String body, End end) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  private final Socket socket;
  private final InputStream in;

  RawClient(InetSocketAddress address) throws IOException {
    this(address, 0);
  }

  RawClient(InetSocketAddress address, int receiveBufferBytes) throws IOException {
    socket = new Socket();
    if (receiveBufferBytes > 0) {
      socket.setReceiveBufferSize(receiveBufferBytes);
    }
    socket.connect(address);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(20_000);
    in = socket.getInputStream();
  }

  /** Over a connection that stands. */
  RawClient(Socket connected) throws IOException {
    socket = connected;
    socket.setSoTimeout(20_000);
    in = socket.getInputStream();
  }

  /** How long a read may wait; 20 s if nothing else is said. */
  RawClient timeoutMs(int ms) throws IOException {
    socket.setSoTimeout(ms);
    return this;
  }

  RawClient send(String bytes) throws IOException {
    return send(bytes.getBytes(UTF_8));
  }

  RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  RawClient get(String target, String... fields) throws IOException {
    return send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + lines(fields) + "\r\n");
  }

  RawClient post(String target, String body, String... fields) throws IOException {
    return send(
        "POST "
            + target
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
            + body.getBytes(UTF_8).length
            + "\r\n"
            + lines(fields)
            + "\r\n"
            + body);
  }

  private static String lines(String... fields) {
    var lines = new StringBuilder();
    for (var field : fields) {
      lines.append(field).append("\r\n");
    }
    return lines.toString();
  }

  /** Reads one response to its end. */
  Reply reply() throws IOException {
    var head = head();
    return body(head, Long.MAX_VALUE);
  }

  /** Reads the head of a response. */
  Reply head() throws IOException {
    var status = line();
    while (status.startsWith("HTTP/1.1 100")) {
      line();
      status = line();
    }
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    for (var field = line(); !field.isEmpty(); field = line()) {
      int colon = field.indexOf(':');
      headers.merge(
          field.substring(0, colon), field.substring(colon + 1).strip(), (a, b) -> a + "\n" + b);
    }
    return new Reply(Integer.parseInt(status.split(" ")[1]), headers, "", End.CLEAN);
  }

  /** Reads chunks until a text has come by, and returns what came. */
  String readUntil(String text) throws IOException {
    var body = new ByteArrayOutputStream();
    while (!body.toString(UTF_8).contains(text)) {
      if (!chunk(body)) {
        throw new IOException("the body ended before '" + text + "': " + body.toString(UTF_8));
      }
    }
    return body.toString(UTF_8);
  }

  Reply body(Reply head, long most) throws IOException {
    return read(head, most, body -> {});
  }

  /** Reads a body, and shows what of it is there after each chunk. */
  Reply body(Reply head, long most, Consumer<String> soFar) throws IOException {
    return read(head, most, body -> soFar.accept(body.toString(UTF_8)));
  }

  private Reply read(Reply head, long most, Consumer<ByteArrayOutputStream> afterEach)
      throws IOException {
    var body = new ByteArrayOutputStream();
    var end = End.CLEAN;
    try {
      if (head.status() == 204 || head.status() == 304) {
        return head;
      }
      if (head.headers().containsKey("transfer-encoding")) {
        while (body.size() < most && chunk(body)) {
          afterEach.accept(body);
        }
      } else if (head.headers().containsKey("content-length")) {
        int length = Integer.parseInt(head.header("content-length"));
        body.write(in.readNBytes(length));
        end = body.size() < length ? End.CUT : End.CLEAN;
      } else {
        in.transferTo(body);
      }
    } catch (CutException e) {
      end = End.CUT;
    } catch (java.net.SocketException e) {
      end = End.RESET;
    }
    return new Reply(head.status(), head.headers(), body.toString(UTF_8), end);
  }

  private boolean chunk(ByteArrayOutputStream body) throws IOException {
    int length = Integer.parseInt(line(), 16);
    var bytes = in.readNBytes(length);
    body.write(bytes);
    if (bytes.length < length) {
      throw new CutException();
    }
    line();
    return length > 0;
  }

  /** The body was cut off. */
  private static final class CutException extends IOException {
    private static final long serialVersionUID = 1;
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new CutException();
      }
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(ISO_8859_1);
  }

  /** How many bytes have come that nobody has read. */
  int available() throws IOException {
    return in.available();
  }

  /** All that comes until the server closes the connection. */
  String rest() throws IOException {
    return new String(in.readAllBytes(), UTF_8);
  }

  /** Whether the server closes the connection; what it still says is read over. */
  boolean serverCloses() throws IOException {
    try {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return true;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (java.net.SocketException e) {
      return true;
    }
  }

  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
