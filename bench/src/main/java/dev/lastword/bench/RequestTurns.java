package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;

/// Requests of several kinds on one kept connection, one after the other and mixed at random, so
/// that whatever befalls the machine befalls all kinds alike.
final class RequestTurns {
  private final int requests;

  /// @param requests of each kind
  RequestTurns(int requests) {
    this.requests = requests;
  }

  /// One kind of request.
  ///
  /// @param bytes the next one as it is sent
  /// @param status that it is answered with
  record Kind(Supplier<String> bytes, int status) {}

  /// Times from sending a request to the end of its answer, in microseconds, ascending; as many
  /// requests of all kinds go before.
  List<double[]> micros(int port, List<Kind> kinds) throws IOException {
    var order = new ArrayList<Integer>();
    for (int i = 0; i < kinds.size(); i++) {
      order.addAll(Collections.nCopies(requests, i));
    }
    Collections.shuffle(order, new Random(1));
    var micros = new ArrayList<double[]>();
    kinds.forEach(kind -> micros.add(new double[requests]));
    var counts = new int[kinds.size()];
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      var in = new BufferedInputStream(socket.getInputStream());
      for (int warmup = 0; warmup < requests; warmup++) {
        ask(socket, in, kinds.get(warmup % kinds.size()));
      }
      for (int i : order) {
        long before = System.nanoTime();
        ask(socket, in, kinds.get(i));
        micros.get(i)[counts[i]++] = (System.nanoTime() - before) / 1e3;
      }
    }
    micros.forEach(Arrays::sort);
    return micros;
  }

  /// A part of sorted times, as text.
  static String at(double[] sorted, double part) {
    return String.format(Locale.ROOT, "%.0f", sorted[(int) (part * (sorted.length - 1))]);
  }

  private static void ask(Socket socket, InputStream in, Kind kind) throws IOException {
    socket.getOutputStream().write(kind.bytes().get().getBytes(US_ASCII));
    var status = line(in);
    if (!status.startsWith("HTTP/1.1 " + kind.status())) {
      throw new IllegalStateException("it is answered: " + status);
    }
    int length = 0;
    boolean chunked = false;
    for (var field = line(in); !field.isEmpty(); field = line(in)) {
      var lower = field.toLowerCase(Locale.ROOT);
      chunked |= lower.equals("transfer-encoding: chunked");
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(field.substring(field.indexOf(':') + 1).strip());
      }
    }
    if (chunked) {
      skipChunks(in);
    } else {
      in.skipNBytes(length);
    }
  }

  private static void skipChunks(InputStream in) throws IOException {
    for (int size = size(in); size > 0; size = size(in)) {
      in.skipNBytes(size);
      line(in);
    }
    line(in);
  }

  private static int size(InputStream in) throws IOException {
    return Integer.parseInt(line(in), 16);
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the gateway closed the connection");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }
}
