package dev.lastword.checker.probe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** HTTP/1.1 over a plain or a TLS socket. */
final class Http1Wire extends Wire {
  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3}).*");
  private static final int TLS_ALERT = 0x15;
  private static final int TLS_HANDSHAKE = 0x16;

  private final InputStream in;

  Http1Wire(Socket socket) throws IOException {
    super(socket);
    this.in = socket.getInputStream();
  }

  /** In one write. */
  @Override
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

  @Override
  public Head head() throws IOException {
    while (true) {
      var status = STATUS_LINE.matcher(statusLine());
      if (!status.matches()) {
        throw new ProtocolException("it does not speak HTTP/1.1");
      }
      var headers = new ArrayList<Header>();
      for (var line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          headers.add(
              new Header(line.substring(0, colon).strip(), line.substring(colon + 1).strip()));
        }
      }
      int code = Integer.parseInt(status.group(1));
      if (code >= 200 || code == 101) {
        return new Head(code, List.copyOf(headers));
      }
    }
  }

  /** The first line. What is no text is not waited for: it may never have an end. */
  private String statusLine() throws IOException {
    int first = in.read();
    return switch (first) {
      case -1 -> throw new HungUpException();
      case 'H' -> 'H' + line();
      case 0 -> throw new ProtocolException("it speaks HTTP/2 alone; add --http2");
      case TLS_ALERT, TLS_HANDSHAKE ->
          throw new ProtocolException("it speaks TLS; write https:// instead of http://");
      default -> throw new ProtocolException("it does not speak HTTP/1.1");
    };
  }

  /** Reads one line of the head, byte by byte, so that nothing of the body is taken. */
  private String line() throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new HungUpException();
      }
      if (line.length() > HEAD_BYTES_MAX) {
        throw new IOException("a line of the head is longer than " + HEAD_BYTES_MAX + " bytes");
      }
      line.append((char) b);
    }
    return line.toString().stripTrailing();
  }

  @Override
  public Body body(Head head, String method) {
    if (method.equals("HEAD") || head.status() == 204 || head.status() == 304) {
      return new Http1Body(in, Body.Framing.LENGTH, 0);
    }
    if (head.all("transfer-encoding").stream()
        .anyMatch(v -> v.toLowerCase(Locale.ROOT).contains("chunked"))) {
      return new Http1Body(in, Body.Framing.CHUNKED, 0);
    }
    return head.first("content-length")
        .filter(length -> length.matches("\\d{1,18}"))
        .map(length -> new Http1Body(in, Body.Framing.LENGTH, Long.parseLong(length)))
        .orElseGet(() -> new Http1Body(in, Body.Framing.CLOSE, 0));
  }

  @Override
  public void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
