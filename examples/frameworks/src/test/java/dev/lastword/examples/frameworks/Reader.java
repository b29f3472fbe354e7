package dev.lastword.examples.frameworks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A reader on a socket. */
final class Reader implements AutoCloseable {
  private final Socket socket;
  private final BufferedReader in;
  final List<String> lines = new ArrayList<>();

  Reader(int port, String method, String path, String... headers) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(60_000);
    in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    var request = new StringBuilder("%s %s HTTP/1.1\r\n".formatted(method, path));
    request.append("Host: localhost\r\nContent-Length: 0\r\n");
    for (var header : headers) {
      request.append(header).append("\r\n");
    }
    request.append("\r\n");
    socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.US_ASCII));
  }

  /** False if the body ends before. */
  boolean until(String prefix) throws IOException {
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      lines.add(line);
      if (line.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the last chunk comes, and not the end of the connection. */
  boolean endsCleanly() throws IOException {
    return until("0") && lines.getLast().equals("0");
  }

  /** Of a header, or of the last such field of an event. */
  String value(String name) {
    return lines.reversed().stream()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).trim())
        .findFirst()
        .orElse("");
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
