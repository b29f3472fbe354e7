package dev.lastword.checker.drawn;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.drawn.Drawn.Half;
import dev.lastword.checker.drawn.Drawn.Kept;
import dev.lastword.checker.drawn.Drawn.Save;
import dev.lastword.checker.drawn.Said.Role;
import dev.lastword.checker.template.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** An endpoint that behaves as it was drawn. */
final class DrawnEndpoint implements AutoCloseable {
  private static final int SAVE_MS = 120;
  private static final int STAYS_MS = 60;

  private final Drawn drawn;
  private final ServerSocket server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, List<Row>> saved = new ConcurrentHashMap<>();
  private final Map<String, String> questions = new ConcurrentHashMap<>();
  private final AtomicInteger ids = new AtomicInteger();

  /** One saved answer. */
  private record Row(String text, boolean whole) {}

  DrawnEndpoint(Drawn drawn) throws IOException {
    this.drawn = drawn;
    this.server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    threads.execute(this::accept);
  }

  String url(String path) {
    return "http://127.0.0.1:" + server.getLocalPort() + path;
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
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
      var in = new BufferedInputStream(socket.getInputStream());
      var path = line(in).split(" ", -1);
      int length = 0;
      for (var line = line(in); !line.isEmpty(); line = line(in)) {
        if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
          length = Integer.parseInt(line.substring(15).strip());
        }
      }
      var body = new String(in.readNBytes(length), UTF_8);
      if (path.length > 1 && path[1].startsWith("/saved/")) {
        show(socket, path[1].substring("/saved/".length()));
      } else if (path.length > 1 && path[1].equals("/chat")) {
        new Answer(socket, body).run();
      } else {
        reply(socket, 404, "text/plain", "");
      }
    } catch (IOException e) {
      // the reader has left, which is what is tested
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      line.append((char) b);
    }
    return line.toString().strip();
  }

  private static void reply(Socket socket, int status, String type, String body)
      throws IOException {
    var bytes = body.getBytes(UTF_8);
    var head =
        "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
            .formatted(status, type, bytes.length);
    socket.getOutputStream().write((head + body).getBytes(UTF_8));
  }

  private void show(Socket socket, String id) throws IOException {
    var rows = saved.getOrDefault(id, List.of());
    var question = questions.getOrDefault(id, "");
    switch (drawn.view()) {
      case RECORD ->
          reply(
              socket,
              rows.isEmpty() ? 404 : 200,
              "application/json",
              rows.isEmpty()
                  ? "{}"
                  : "{\"id\":\"%s\",\"question\":\"%s\",\"text\":\"%s\"%s}"
                      .formatted(
                          id,
                          Json.escaped(question),
                          Json.escaped(rows.getFirst().text),
                          mark(rows.getFirst())));
      case MESSAGES -> {
        var all = new StringBuilder();
        for (var row : rows) {
          all.append(
              ",{\"id\":\"%s-%d\",\"role\":\"assistant\",\"content\":\"%s\"%s}"
                  .formatted(id, rows.indexOf(row), Json.escaped(row.text), mark(row)));
        }
        reply(
            socket,
            200,
            "application/json",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}%s]}"
                .formatted(Json.escaped(question), all));
      }
      case PAGE -> {
        var all =
            new StringBuilder(
                "<html><head><title>" + question + "</title></head><body><p class=\"user\">");
        all.append(escaped(question)).append("</p>");
        rows.forEach(
            row -> all.append("<p class=\"assistant\">").append(escaped(row.text)).append("</p>"));
        reply(socket, 200, "text/html", all.append("</body></html>").toString());
      }
      case LINES -> {
        var all = new StringBuilder("1 user " + question + "\n");
        rows.forEach(
            row ->
                all.append(rows.indexOf(row) + 2)
                    .append(" assistant ")
                    .append(row.text)
                    .append('\n'));
        reply(socket, 200, "text/plain; charset=utf-8", all.toString());
      }
    }
  }

  /** As one framework or another writes text into a page. */
  private String escaped(String text) {
    var out = new StringBuilder();
    int style = drawn.markup();
    text.codePoints()
        .forEach(
            c ->
                out.append(
                    switch (c) {
                      case '&' -> "&amp;";
                      case '<' -> "&lt;";
                      case '>' -> "&gt;";
                      case '"' -> style % 2 == 0 ? "&quot;" : "&#34;";
                      case '\'' ->
                          List.of("'", "&#39;", "&#039;", "&#x27;", "&apos;").get(style % 5);
                      case '+' -> List.of("+", "&#43;", "&#x2B;").get(style % 3);
                      case '\n' -> List.of("\n", "<br />\n", "<br>").get(style / 5 % 3);
                      default ->
                          c < 0x80 || style % 7 > 1 ? Character.toString(c) : "&#x%X;".formatted(c);
                    }));
    return out.toString();
  }

  private String mark(Row row) {
    if (drawn.half() == Half.KEPT_WITHOUT_MARK) {
      return "";
    }
    boolean whole = row.whole || drawn.half() == Half.KEPT_AS_WHOLE;
    return switch (drawn.pieces() % 3) { // the seed has settled the shape
      case 0 -> ",\"status\":\"" + (whole ? "complete" : "partial") + "\"";
      case 1 -> ",\"done\":" + whole;
      default -> ",\"meta\":{\"finishReason\":\"" + (whole ? "stop" : "abort") + "\"}";
    };
  }

  /** One answer on its way out. */
  private final class Answer {
    private final Socket socket;
    private final OutputStream out;
    private final String id = "m" + ids.incrementAndGet();
    private final String run;
    private final List<Said> script;
    private final StringBuilder said = new StringBuilder();
    private boolean gone;
    private int sent;

    Answer(Socket socket, String body) throws IOException {
      this.socket = socket;
      this.out = socket.getOutputStream();
      this.run = body.replaceAll("^.*(lw[0-9a-z]{10}).*$", "$1");
      this.script = drawn.script(run);
      questions.put(id, "tell me of " + run);
    }

    void run() throws IOException, InterruptedException {
      head();
      int first = firstEnding();
      for (int i = 0; i < script.size(); i++) {
        var each = script.get(i);
        if (i == first && drawn.save() == Save.BEFORE) {
          save(whole(), true);
        }
        send(each);
        if (i == first && drawn.save() == Save.BESIDE) {
          threads.execute(this::saveLater);
        }
        if (i == first && drawn.save() == Save.BETWEEN) {
          if (!pause(SAVE_MS)) {
            return;
          }
          save(whole(), true);
        }
        said.append(each.text().isEmpty() ? "" : plain(each.text()));
        if (i < first && !pause(drawn.paceMs())) {
          left();
          return;
        }
      }
      if (drawn.save() == Save.BEFORE && first == script.size()) {
        save(whole(), true);
      }
      if (drawn.save() == Save.IF_READER_STAYS) {
        if (!stays(STAYS_MS)) {
          return;
        }
        save(whole(), true);
      }
      if (drawn.save() == Save.AFTER && first < script.size()) {
        Thread.sleep(SAVE_MS);
        save(whole(), true);
      }
      write("end", drawn.wire().chunked() ? "0\r\n\r\n" : "");
      if (drawn.save() == Save.AFTER && first == script.size()) {
        socket.close();
        Thread.sleep(SAVE_MS);
        save(whole(), true);
      }
    }

    /** The first event that sounds final, of those that come behind all text. */
    private int firstEnding() {
      int at = script.size();
      while (at > 0
          && !script.get(at - 1).text().isEmpty()
          && script.get(at - 1).role() == Role.PART) {
        return script.size();
      }
      for (int i = script.size() - 1; i >= 0; i--) {
        var each = script.get(i);
        if (each.role() != Role.PART) {
          at = i;
        }
        if (!each.text().isEmpty()) {
          return at;
        }
      }
      return at;
    }

    private void head() throws IOException {
      var type = drawn.shape().lines() ? "application/x-ndjson" : "text/event-stream";
      write(
          "head",
          "HTTP/1.1 200 OK\r\nContent-Type: "
              + type
              + "\r\nCache-Control: no-cache\r\nX-Message-Id: "
              + id
              + "\r\n"
              + (drawn.wire().chunked()
                  ? "Transfer-Encoding: chunked\r\n"
                  : "Connection: close\r\n")
              + "\r\n");
    }

    private void send(Said event) {
      var end = drawn.wire().lineEnd();
      var text = new StringBuilder();
      if (drawn.shape().lines()) {
        text.append(event.data()).append('\n');
      } else {
        if (drawn.wire().comments() && sent % 5 == 0) {
          text.append(": still here").append(end).append(end);
        }
        if (!event.type().isEmpty()) {
          text.append("event: ").append(event.type()).append(end);
        }
        if (drawn.wire().ids()) {
          text.append("id: ").append(id).append('-').append(sent).append(end);
        }
        boolean dataless = drawn.shape().name().equals("LangServe") && event.data().isEmpty();
        text.append(dataless ? "" : "data: " + event.data() + end).append(end);
      }
      sent++;
      try {
        chunk(text.toString());
      } catch (IOException e) {
        gone = true; // noticed by the pause that follows
      }
    }

    private void chunk(String text) throws IOException {
      var content = text.getBytes(UTF_8);
      if (!drawn.wire().chunked()) {
        out.write(content);
        return;
      }
      var bytes = new ByteArrayOutputStream();
      bytes.writeBytes((Integer.toHexString(content.length) + "\r\n").getBytes(UTF_8));
      bytes.writeBytes(content);
      bytes.writeBytes("\r\n".getBytes(UTF_8));
      out.write(bytes.toByteArray());
    }

    private void write(String what, String text) throws IOException {
      try {
        out.write(text.getBytes(UTF_8));
      } catch (IOException e) {
        if (drawn.half() != Half.GOES_ON) {
          throw new IOException("no reader for the " + what, e);
        }
      }
    }

    /** Waits; false if the generation ends here because its reader has left. */
    private boolean pause(int ms) throws IOException, InterruptedException {
      if (drawn.half() == Half.GOES_ON) {
        Thread.sleep(ms);
        return true;
      }
      return stays(ms);
    }

    private boolean stays(int ms) throws IOException {
      if (gone) {
        return false;
      }
      socket.setSoTimeout(ms);
      try {
        return socket.getInputStream().read() >= 0;
      } catch (SocketTimeoutException e) {
        return true;
      } catch (IOException e) {
        return false; // reset
      }
    }

    private void left() {
      if (drawn.half() != Half.LOST && !said.isEmpty()) {
        save(said.toString(), false);
      }
    }

    private void saveLater() {
      try {
        Thread.sleep(SAVE_MS);
        save(whole(), true);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private String whole() {
      var all = new StringBuilder();
      script.forEach(each -> all.append(each.text().isEmpty() ? "" : plain(each.text())));
      return all.toString();
    }

    private static String plain(String inQuotes) {
      return Json.parse('"' + inQuotes + '"').orElseThrow().asString();
    }

    private void save(String text, boolean whole) {
      var kept =
          drawn.kept() == Kept.CUT ? text.substring(0, Math.min(text.length(), cut())) : text;
      var rows = saved.computeIfAbsent(id, each -> new CopyOnWriteArrayList<>());
      rows.add(new Row(kept, whole));
      if (drawn.kept() == Kept.TWICE) {
        rows.add(new Row(kept, whole));
      }
    }

    private int cut() {
      return whole().length() * 6 / 10;
    }
  }
}
