package dev.lastword.spring;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A reader on a bare socket, which sees how a response ends and can leave wherever it likes. */
final class RawReader implements AutoCloseable {
  private final Socket socket;
  private final ByteArrayOutputStream seen = new ByteArrayOutputStream();

  private RawReader(Socket socket) {
    this.socket = socket;
  }

  /** Asks; {@code headers} are whole lines without their ends. */
  static RawReader ask(int port, String method, String path, String... headers) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(60_000);
    var request = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    for (var header : headers) {
      request.append(header).append("\r\n");
    }
    if (method.equals("POST")) {
      request.append("Content-Length: 0\r\n");
    }
    request.append("Connection: close\r\n\r\n");
    socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
    return new RawReader(socket);
  }

  /** Reads until this has come; fails at the end of the response. */
  String until(String text) throws IOException {
    while (!all().contains(text)) {
      if (!readSome()) {
        throw new AssertionError("ended before '" + text + "': " + all());
      }
    }
    return all();
  }

  /** All there is, to the end of the connection. */
  String toEnd() throws IOException {
    try {
      while (readSome()) {}
    } catch (java.net.SocketException e) {
      // Reset: as broken as a connection can be.
    }
    return all();
  }

  private boolean readSome() throws IOException {
    var bytes = new byte[8192];
    int read = socket.getInputStream().read(bytes);
    if (read < 0) {
      return false;
    }
    seen.write(bytes, 0, read);
    return true;
  }

  String all() {
    return seen.toString(StandardCharsets.UTF_8);
  }

  /** Whether the response has come to the end that HTTP knows. */
  boolean isWhole() {
    return all().endsWith("0\r\n\r\n");
  }

  int status() {
    return Integer.parseInt(all().substring(9, 12));
  }

  String header(String name) {
    for (var line : all().split("\r\n")) {
      if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
        return line.substring(name.length() + 1).strip();
      }
    }
    return "";
  }

  /** The ID of the last event that was seen. */
  String lastEventId() {
    var id = "";
    for (var line : all().split("\r?\n")) {
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      }
    }
    return id;
  }

  /** Leaves. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
