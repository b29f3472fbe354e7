package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.Zstd;
import dev.lastword.gateway.ScriptedUpstream.Exchanged;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;

/** The upstream of one {@link FieldCase}, on a real socket: plays its bytes as the case says. */
final class FieldUpstream implements AutoCloseable {
  private final FieldCase played;
  private final ServerSocket socket;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private volatile boolean saidAll;

  private FieldUpstream(FieldCase played, ServerSocket socket) {
    this.played = played;
    this.socket = socket;
  }

  static FieldUpstream of(FieldCase played) throws IOException {
    var upstream =
        new FieldUpstream(played, new ServerSocket(0, 100, InetAddress.getLoopbackAddress()));
    Thread.ofVirtual().start(upstream::accept);
    return upstream;
  }

  String url() {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  /** Whether all bytes of the body were sent, the pauses behind them included. */
  boolean saidAll() {
    return saidAll;
  }

  private void accept() {
    try {
      while (true) {
        var accepted = socket.accept();
        open.add(accepted);
        Thread.ofVirtual().start(() -> serve(accepted));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setTcpNoDelay(true);
      answer(Exchanged.read(connection, connection.getInputStream()));
      var next = Exchanged.read(connection, connection.getInputStream());
      if (played.special().equals("keep-alive")) {
        next.reset();
      } else {
        answer(next);
      }
    } catch (IOException | InterruptedException e) {
      // the peer has gone, or will find that the connection has
    }
  }

  private void answer(Exchanged exchange) throws IOException, InterruptedException {
    TimeUnit.MILLISECONDS.sleep(FieldCase.ms(played.upstream().path("delay")));
    var framing = played.upstream().path("framing").asString("chunked");
    var body = coded();
    exchange.raw(head(framing, body.length));
    if (body.length != played.body().length) {
      part(exchange, framing, body);
    } else {
      int from = 0;
      for (var pause : played.pauses()) {
        part(exchange, framing, Arrays.copyOfRange(body, from, pause.at()));
        from = pause.at();
        TimeUnit.MILLISECONDS.sleep(pause.ms());
      }
      part(exchange, framing, Arrays.copyOfRange(body, from, body.length));
    }
    saidAll = true;
    end(exchange, framing);
  }

  private void end(Exchanged exchange, String framing) throws IOException {
    switch (played.upstream().path("end").asString("clean")) {
      case "cut" -> exchange.cut();
      case "reset" -> exchange.reset();
      default -> {
        if (framing.equals("chunked")) {
          exchange.end();
        } else if (framing.equals("close")) {
          exchange.cut();
        }
      }
    }
  }

  private static void part(Exchanged exchange, String framing, byte[] part) throws IOException {
    if (part.length == 0) {
      return;
    }
    if (framing.equals("chunked")) {
      exchange.raw(Integer.toHexString(part.length) + "\r\n").raw(part).raw("\r\n");
    } else {
      exchange.raw(part);
    }
  }

  private byte[] coded() throws IOException {
    var coded = whole();
    return Arrays.copyOf(coded, coded.length - played.upstream().path("coding_cut").asInt(0));
  }

  private byte[] whole() throws IOException {
    return switch (played.upstream().path("coding").asString("")) {
      case "gzip" -> {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
          gzip.write(played.body());
        }
        yield out.toByteArray();
      }
      case "zstd" -> Zstd.compress(played.body());
      default -> played.body();
    };
  }

  private byte[] head(String framing, int length) {
    var fields = new LinkedHashMap<String, String>();
    fields.put("Content-Type", "text/event-stream");
    played
        .upstream()
        .path("headers")
        .properties()
        .forEach(each -> fields.put(each.getKey(), each.getValue().asString()));
    switch (framing) {
      case "length" -> fields.put("Content-Length", Integer.toString(length));
      case "close" -> fields.put("Connection", "close");
      default -> fields.put("Transfer-Encoding", "chunked");
    }
    var head = new StringBuilder("HTTP/1.1 ");
    head.append(played.upstream().path("status").asInt(200)).append(" Played\r\n");
    fields.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    return head.append("\r\n").toString().getBytes(UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
    for (var connection : open) {
      connection.close();
    }
  }
}
