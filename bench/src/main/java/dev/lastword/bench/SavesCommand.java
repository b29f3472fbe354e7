package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What readers wait for a save: from the upstream's last word to theirs, beside the transaction
/// alone, and where many answers end at once behind a slow hook.
@Command(
    name = "saves",
    sortOptions = false,
    description =
        "Times endings that wait for a row in PostgreSQL, beside the bare transaction, and many at once behind a slow webhook.")
final class SavesCommand implements Callable<Integer> {
  private static final String TABLE = "lastword_bench_saves";
  private static final String INSERT =
      "insert into " + TABLE + " (id, answer) values (%s, %s) on conflict (id) do nothing";
  private static final String LAST =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
          + SmallSource.DONE;
  private static final int PIECES = 100;
  private static final int SLOW_MS = 1_000;

  /// Before the last word, so that its way is timed and not that of the pieces before it.
  private static final int PAUSE_MS = 20;

  private static final int WARMUP = 200;
  private static final int OVER_SECONDS = 120;

  @Mixin LoadOptions options = new LoadOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  @Option(
      names = "--database",
      required = true,
      description =
          "a PostgreSQL: jdbc:postgresql://host/db?user=...&password=...; a table is made in it, and removed")
  String database = "";

  @Option(
      names = "--endings",
      defaultValue = "500",
      description = "endings of each kind, one after the other (${DEFAULT-VALUE})")
  int endings = 500;

  @Option(
      names = "--at-once",
      defaultValue = "1000",
      description = "endings behind the slow webhook (${DEFAULT-VALUE})")
  int atOnce = 1_000;

  private final Map<String, Long> saidNanos = new ConcurrentHashMap<>();
  private volatile CountDownLatch waiting = new CountDownLatch(0);
  private volatile CountDownLatch gate = new CountDownLatch(0);

  @Override
  public Integer call() throws IOException, InterruptedException, SQLException {
    var dir = Files.createTempDirectory("lastword-bench-");
    var webhook = slowWebhook();
    try (var connection = DriverManager.getConnection(database);
        var source = SmallSource.start(this::say);
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        var children = new Children()) {
      execute(connection, "create table " + TABLE + " (id text primary key, answer text)");
      try {
        int port = start(children, source.port(), webhook.getAddress().getPort(), dir);
        report(connection, new Asking(client, port), dir);
      } finally {
        execute(connection, "drop table " + TABLE);
      }
      client.shutdownNow();
    } finally {
      webhook.stop(0);
      LoadRig.deleteAll(dir);
    }
    return 0;
  }

  private void report(Connection connection, Asking asking, Path dir)
      throws IOException, InterruptedException, SQLException {
    var report =
        Report.titled("Saves")
            .paragraph(
                String.format(
                    Locale.ROOT,
                    "From the upstream's last write to the reader's `[DONE]`, answers of %,d events and, %d ms behind them, their end, one after the other, and between"
                        + " them the hook's `insert` by itself, committed, also between two writes of 512 bytes that are forced to the disk of the gateway; %,d of each; milliseconds.",
                    PIECES,
                    PAUSE_MS,
                    endings))
            .row("", "p50", "p99");
    oneByOne(connection, asking, dir)
        .forEach((name, millis) -> report.row(name, at(millis, 0.5), at(millis, 0.99)));
    report
        .paragraph(
            String.format(
                Locale.ROOT,
                "%,d answers end at once on a route whose webhook takes %,d ms, and %,d on one whose hook is the database; milliseconds.",
                atOnce,
                SLOW_MS,
                atOnce / 10))
        .row("", "p50", "p99", "max");
    allAtOnce(asking)
        .forEach(
            (name, millis) -> report.row(name, at(millis, 0.5), at(millis, 0.99), at(millis, 1)));
    report.publish(options);
  }

  private Map<String, List<Double>> oneByOne(Connection connection, Asking asking, Path dir)
      throws IOException, InterruptedException, SQLException {
    var plain = new ArrayList<Double>();
    var saved = new ArrayList<Double>();
    var bare = new ArrayList<Double>();
    var least = new ArrayList<Double>();
    var text = "word".repeat(PIECES);
    try (var insert = connection.prepareStatement(INSERT.formatted("?", "?"));
        var log = new BareFlush(dir)) {
      for (int i = -WARMUP; i < endings; i++) {
        double without = asking.millis("/plain?n=" + i);
        double with = asking.millis("/saved?n=" + i);
        long first = System.nanoTime();
        log.flush();
        long before = System.nanoTime();
        insert.setString(1, "bare-" + i);
        insert.setString(2, text);
        insert.executeUpdate();
        long after = System.nanoTime();
        log.flush();
        if (i >= 0) {
          bare.add((after - before) / 1e6);
          least.add((System.nanoTime() - first) / 1e6);
          plain.add(without);
          saved.add(with);
        }
      }
    }
    return inOrder(
        List.of(
            "without a hook",
            "with the hook",
            "the transaction alone",
            "a flush, the transaction, a flush"),
        List.of(plain, saved, bare, least));
  }

  private Map<String, List<Double>> allAtOnce(Asking asking) throws InterruptedException {
    int beside = atOnce / 10;
    waiting = new CountDownLatch(atOnce + beside);
    gate = new CountDownLatch(1);
    var slow = Collections.synchronizedList(new ArrayList<Double>());
    var fast = Collections.synchronizedList(new ArrayList<Double>());
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < atOnce + beside; i++) {
      var target = (i < atOnce ? "/slow?n=" : "/saved?at=") + i;
      var into = i < atOnce ? slow : fast;
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      into.add(asking.millis(target));
                    } catch (IOException | InterruptedException e) {
                      System.err.println("bench: " + target + ": " + e);
                    }
                  }));
    }
    if (!waiting.await(OVER_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(waiting.getCount() + " answers were not begun");
    }
    gate.countDown();
    for (var thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(OVER_SECONDS));
    }
    return inOrder(
        List.of(slow.size() + " behind the webhook", fast.size() + " beside them"),
        List.of(slow, fast));
  }

  private static Map<String, List<Double>> inOrder(List<String> names, List<List<Double>> millis) {
    var all = new LinkedHashMap<String, List<Double>>();
    for (int i = 0; i < names.size(); i++) {
      all.put(names.get(i), millis.get(i).stream().sorted().toList());
    }
    return all;
  }

  private static String at(List<Double> sorted, double part) {
    return sorted.isEmpty()
        ? "-"
        : String.format(Locale.ROOT, "%.2f", sorted.get((int) (part * (sorted.size() - 1))));
  }

  /// The source's part.
  private void say(String target, SmallSource.Body body) throws IOException, InterruptedException {
    for (int i = 0; i < PIECES; i++) {
      body.say(SmallSource.PIECE);
    }
    waiting.countDown();
    gate.await();
    Thread.sleep(PAUSE_MS);
    saidNanos.put(target, System.nanoTime());
    body.say(LAST);
  }

  /// What an ending takes from a disk, without anything around it.
  private static final class BareFlush implements AutoCloseable {
    private static final int FILE_BYTES = 4 << 20;
    private final FileChannel file;
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(512);
    private long end;

    BareFlush(Path dir) throws IOException {
      file =
          FileChannel.open(
              dir.resolve("flushes"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      file.write(ByteBuffer.allocate(FILE_BYTES)); // as the journal's segments are, filled before
      file.force(true);
    }

    void flush() throws IOException {
      file.write(bytes.clear(), end);
      file.force(false);
      end = (end + bytes.capacity()) % FILE_BYTES;
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  /// Readers of the gateway.
  private final class Asking {
    private final HttpClient client;
    private final int port;

    Asking(HttpClient client, int port) {
      this.client = client;
      this.port = port;
    }

    /// From the source's last write to `[DONE]` here.
    double millis(String target) throws IOException, InterruptedException {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      var answer = client.send(request, BodyHandlers.ofInputStream());
      try (var lines = new BufferedReader(new InputStreamReader(answer.body(), UTF_8))) {
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.equals("data: [DONE]")) {
            long now = System.nanoTime();
            return (now - requireNonNull(saidNanos.remove(target))) / 1e6;
          }
        }
      }
      throw new IOException("answered " + answer.statusCode() + ", and no [DONE]");
    }
  }

  private int start(Children children, int sourcePort, int webhookPort, Path dir)
      throws IOException, InterruptedException {
    var config = dir.resolve("lastword.yaml");
    Files.writeString(
        config,
        """
        hooks:
          database:
            type: jdbc
            url: "%s"
            statement: "%s"
          slow:
            type: webhook
            url: http://127.0.0.1:%d/
            secret: whsec_bGFzdHdvcmQgYmVuY2ggc2VjcmV0
            allow: [127.0.0.0/8]
        routes:
          - { path: /plain, upstream: "http://127.0.0.1:%d" }
          - { path: /saved, upstream: "http://127.0.0.1:%d", save: [database] }
          - { path: /slow, upstream: "http://127.0.0.1:%d", save: [slow] }
        """
            .formatted(
                database,
                INSERT.formatted(":stream", ":text"),
                webhookPort,
                sourcePort,
                sourcePort,
                sourcePort));
    var command = new ArrayList<>(options.gatewayCommand(SystemUnderTest.LASTWORD));
    command.addAll(List.of("--config", config.toString()));
    return SystemUnderTest.gateway(SystemUnderTest.LASTWORD, children, command, sourcePort, dir)
        .port();
  }

  private static HttpServer slowWebhook() throws IOException {
    var server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          try {
            Thread.sleep(SLOW_MS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
