package dev.lastword.gateway;

import dev.lastword.gateway.demo.DemoBalancer;
import dev.lastword.gateway.demo.DemoPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * {@code lastword demo --nodes N}: as many processes on one PostgreSQL behind a small load
 * balancer, which a person kills to see what becomes of the answers.
 */
final class DemoNodes implements AutoCloseable {
  static final int NODES_MAX = 9;

  private static final Pattern OPEN =
      Pattern.compile("(?m)^lastword_streams_open(?:\\{.*?\\})? (\\S+)");
  private static final Duration READY = Duration.ofMinutes(3);
  private static final long LOOK_MS = 200;
  private static final int SECRET_BYTES = 24;

  private final Path folder;
  private final String upstream;
  private final Config config;
  private final String secret = secret();
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Member> members = new ArrayList<>();
  private final Optional<DemoPostgres> postgres;
  private final String database;
  private @Nullable DemoBalancer balancer;

  /** One node: a process, or none just now. */
  private static final class Member {
    private final int number;
    private final int port;
    private volatile @Nullable Process process;

    Member(int number, int port) {
      this.number = number;
      this.port = port;
    }

    boolean isAlive() {
      var running = process;
      return running != null && running.isAlive();
    }
  }

  private DemoNodes(Config config, String upstream, String journalUrl, int count)
      throws IOException {
    this.config = config;
    this.folder = config.data().toAbsolutePath().resolve("nodes");
    this.upstream = upstream;
    this.postgres =
        journalUrl.isEmpty()
            ? Optional.of(DemoPostgres.start(folder.resolve("postgres")))
            : Optional.empty();
    this.database = postgres.map(DemoPostgres::url).orElse(journalUrl);
    for (int number = 1; number <= count; number++) {
      members.add(new Member(number, freePort()));
    }
  }

  private static String secret() {
    var bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /**
   * Starts them.
   *
   * @param upstream where all of them relay to
   * @param journalUrl of the database; empty for one that is started here
   * @throws ConfigException if there is no PostgreSQL, or a node does not start
   */
  static DemoNodes start(Config config, String upstream, String journalUrl, int count) {
    DemoNodes nodes = null;
    try {
      nodes = new DemoNodes(config, upstream, journalUrl, count);
      for (var member : nodes.members) {
        nodes.start(member);
        nodes.awaitReady(member);
      }
      nodes.balancer =
          DemoBalancer.start(
              config.listen(),
              nodes.members.stream()
                  .map(
                      member ->
                          new InetSocketAddress(InetAddress.getLoopbackAddress(), member.port))
                  .toList(),
              nodes.buttons());
      return nodes;
    } catch (IOException e) {
      if (nodes != null) {
        nodes.close();
      }
      throw new ConfigException("cannot start the nodes: " + e.getMessage());
    }
  }

  InetSocketAddress address() {
    var listening = balancer;
    if (listening == null) {
      throw new IllegalStateException("it has not started");
    }
    return listening.address();
  }

  private Path home(Member member) {
    return folder.resolve("node" + member.number);
  }

  private void start(Member member) throws IOException {
    var home = home(member);
    Files.createDirectories(home.resolve("data"));
    var keys = home(members.getFirst()).resolve("data").resolve(Secrets.FILE);
    if (member.number > 1 && Files.exists(keys)) { // the same on all, as owners are the same
      Files.copy(
          keys,
          home.resolve("data").resolve(Secrets.FILE),
          StandardCopyOption.REPLACE_EXISTING,
          StandardCopyOption.COPY_ATTRIBUTES);
    }
    var address = "127.0.0.1:" + member.port;
    var builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "demo",
                "--upstream",
                upstream,
                "--listen",
                address,
                "--data",
                home.resolve("data").toString(),
                "--set",
                "archive.url=same",
                "--set",
                "node.address=http://" + address,
                "--set",
                "node.name=node" + member.number)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()));
    builder.environment().put("LASTWORD_JOURNAL_URL", database); // no list of processes shows it
    builder.environment().put("LASTWORD_NODE_SECRET", secret);
    member.process = builder.start();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady(Member member) throws IOException {
    long until = System.nanoTime() + READY.toNanos();
    while (get(member, "/readyz").isEmpty()) {
      if (!member.isAlive() || System.nanoTime() - until > 0) {
        throw new IOException(
            "node " + member.number + " did not start; see " + home(member) + "/log");
      }
      try {
        Thread.sleep(LOOK_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }

  private Optional<String> get(Member member, String path) {
    try {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + member.port + path))
              .timeout(Duration.ofSeconds(2))
              .build();
      var answer = http.send(request, BodyHandlers.ofString());
      return answer.statusCode() == 200 ? Optional.of(answer.body()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  // --- a person

  /** Does what a person types, and goes on where there is nobody. Blocks. */
  void attend() {
    System.out.println(
        "Type kill to kill the node that streams, start to start it again, quit to end.");
    try {
      var lines = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        switch (line.strip()) {
          case "kill" -> System.out.println(kill());
          case "start" -> System.out.println(startDead());
          case "quit" -> {
            close();
            Runtime.getRuntime().exit(0);
          }
          case "" -> {}
          default -> System.out.println("kill, start or quit");
        }
      }
      new CountDownLatch(1).await(); // every other thread is a daemon
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What the page's buttons ask for, and what says whether it has any. */
  private Map<String, Supplier<String>> buttons() {
    return Map.of(
        "GET /demo/nodes", () -> state(""),
        "POST /demo/kill", () -> state(kill()),
        "POST /demo/start", () -> state(startDead()));
  }

  private String state(String said) {
    var state = JsonNodeFactory.instance.objectNode().put("said", said);
    var nodes = state.putArray("nodes");
    members.forEach(
        member -> nodes.addObject().put("number", member.number).put("alive", member.isAlive()));
    return state.toString();
  }

  /** Kills the node with the most streams that run, as {@code kill -9} does, and says which. */
  private synchronized String kill() {
    Member most = null;
    double streams = -1;
    for (var member : members) {
      double open = member.isAlive() ? open(member) : -1;
      if (open > streams) {
        streams = open;
        most = member;
      }
    }
    var process = most == null ? null : most.process;
    if (most == null || process == null) {
      return "No node is alive; start starts them.";
    }
    process.destroyForcibly().onExit().join();
    return "Node %d is dead, with %.0f running. Another takes over what it had within ten seconds or so."
        .formatted(most.number, streams);
  }

  private double open(Member member) {
    return get(member, "/metrics")
        .map(OPEN::matcher)
        .filter(found -> found.find())
        .map(found -> Double.parseDouble(found.group(1)))
        .orElse(0.0);
  }

  /** Starts those that are dead, waits until they are ready, and says which. */
  private synchronized String startDead() {
    var back = new StringJoiner(" ");
    for (var member : members) {
      if (!member.isAlive()) {
        try {
          start(member);
          awaitReady(member);
          back.add("Node " + member.number + " is back.");
        } catch (IOException e) {
          back.add(e.getMessage());
        }
      }
    }
    return back.length() == 0 ? "Every node is alive." : back.toString();
  }

  /** The nodes' numbers and addresses, as a person reads them. */
  String text() {
    return IntStream.range(0, members.size())
        .mapToObj(
            i -> "node %d at 127.0.0.1:%d".formatted(members.get(i).number, members.get(i).port))
        .reduce((one, other) -> one + ", " + other)
        .orElse("");
  }

  @Override
  public void close() {
    var running = members.stream().flatMap(member -> Stream.ofNullable(member.process)).toList();
    running.forEach(Process::destroy);
    for (var process : running) {
      try {
        if (!process.waitFor(config.drain().toSeconds() + 10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        process.destroyForcibly();
      }
    }
    postgres.ifPresent(DemoPostgres::close);
  }
}
