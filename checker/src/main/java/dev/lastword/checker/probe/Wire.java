package dev.lastword.checker.probe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * One connection that speaks HTTP/1.1 over a plain or a TLS socket: every byte's arrival is seen,
 * and how it is left is ours to say. One exchange for each connection.
 */
public final class Wire implements AutoCloseable {
  private static final int HEAD_BYTES_MAX = 256 * 1024;
  private static final int REPLY_BYTES_MAX = 16 * 1024 * 1024;

  private final Socket socket;
  private final InputStream in;

  private Wire(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
  }

  /**
   * Connects.
   *
   * @param receiveBufferBytes size of the socket's receive buffer; empty for the system's own
   * @throws IOException if nobody answers, or the certificate is not trusted
   */
  public static Wire open(
      URI uri, SSLSocketFactory tls, Duration limit, Optional<Integer> receiveBufferBytes)
      throws IOException {
    boolean secure = "https".equalsIgnoreCase(uri.getScheme());
    int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
    var host = uri.getHost().replaceAll("^\\[|]$", "");
    var plain = new Socket();
    try {
      if (receiveBufferBytes.isPresent()) {
        plain.setReceiveBufferSize(receiveBufferBytes.get());
      }
      plain.setTcpNoDelay(true);
      plain.setSoTimeout((int) limit.toMillis());
      plain.connect(new InetSocketAddress(host, port), (int) limit.toMillis());
      return new Wire(secure ? secured(plain, tls, host, port) : plain);
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  private static Socket secured(Socket plain, SSLSocketFactory tls, String host, int port)
      throws IOException {
    var socket = (SSLSocket) tls.createSocket(plain, host, port, true);
    var parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  /** Sends a request in one write. */
  public void send(Request request) throws IOException {
    var uri = request.uri();
    var path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    var query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    var head = new StringBuilder(request.method() + " " + path + query + " HTTP/1.1\r\n");
    if (!request.has("host")) {
      head.append("Host: ").append(uri.getRawAuthority().replaceFirst("^.*@", "")).append("\r\n");
    }
    for (var header : request.headers()) {
      head.append(header.name()).append(": ").append(header.value()).append("\r\n");
    }
    if (request.body().length > 0 || request.method().equals("POST")) {
      head.append("Content-Length: ").append(request.body().length).append("\r\n");
    }
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(head.append("\r\n").toString().getBytes(ISO_8859_1));
    bytes.writeBytes(request.body());
    socket.getOutputStream().write(bytes.toByteArray());
    socket.getOutputStream().flush();
  }

  /**
   * Reads the head of the response; informational ones are passed over.
   *
   * @throws IOException if the peer does not speak HTTP/1, or hangs up
   */
  public Head head() throws IOException {
    while (true) {
      var status = line();
      if (!status.matches("HTTP/1\\.[01] \\d{3}.*")) {
        throw new IOException(
            status.isEmpty() ? "the server hung up" : "the server does not speak HTTP/1.1");
      }
      var headers = new ArrayList<Header>();
      for (var line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          headers.add(
              new Header(line.substring(0, colon).strip(), line.substring(colon + 1).strip()));
        }
      }
      int code = Integer.parseInt(status.substring(9, 12));
      if (code >= 200 || code == 101) {
        return new Head(code, List.copyOf(headers));
      }
    }
  }

  /** Reads one line of the head, byte by byte, so that nothing of the body is taken. */
  private String line() throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        return "";
      }
      if (line.length() > HEAD_BYTES_MAX) {
        throw new IOException("a line of the head is longer than " + HEAD_BYTES_MAX + " bytes");
      }
      line.append((char) b);
    }
    return line.toString().stripTrailing();
  }

  /** The body that follows this head. */
  public Body body(Head head, String method) {
    if (method.equals("HEAD") || head.status() == 204 || head.status() == 304) {
      return new Body(in, Body.Framing.LENGTH, 0);
    }
    if (head.all("transfer-encoding").stream()
        .anyMatch(v -> v.toLowerCase(Locale.ROOT).contains("chunked"))) {
      return new Body(in, Body.Framing.CHUNKED, 0);
    }
    return head.first("content-length")
        .filter(length -> length.matches("\\d{1,18}"))
        .map(length -> new Body(in, Body.Framing.LENGTH, Long.parseLong(length)))
        .orElseGet(() -> new Body(in, Body.Framing.CLOSE, 0));
  }

  /** Sends a request and reads the whole response. */
  public Reply exchange(Request request) throws IOException {
    send(request);
    var head = head();
    var body = body(head, request.method());
    var bytes = new ByteArrayOutputStream();
    var buffer = new byte[16 * 1024];
    for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
      bytes.write(buffer, 0, n);
      if (bytes.size() > REPLY_BYTES_MAX) {
        throw new IOException("the response is larger than " + REPLY_BYTES_MAX + " bytes");
      }
    }
    return new Reply(head, bytes.toByteArray());
  }

  /** How long a read waits for a byte before it gives up. */
  public void patience(Duration limit) throws IOException {
    socket.setSoTimeout((int) Math.max(1, limit.toMillis()));
  }

  /** Leaves with a reset, as a crashed program or an unplugged phone's network does. */
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /** Leaves as a program does that closes its socket. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
