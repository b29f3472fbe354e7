package dev.lastword.rest;

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

  Reader(int port, String path, String... headers) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(60_000);
    in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    var request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    for (var header : headers) {
      request.append(header).append("\r\n");
    }
    socket
        .getOutputStream()
        .write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
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
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      lines.add(line);
      if (line.equals("0")) {
        return true;
      }
    }
    return false;
  }

  /** Of a header, or of the first field of an event. */
  String value(String name) {
    return lines.stream()
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
