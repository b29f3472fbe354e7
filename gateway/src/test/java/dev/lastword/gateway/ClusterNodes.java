package dev.lastword.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Processes of {@code lastword serve} on one database, each under a name. */
final class ClusterNodes implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final String database;
  private final String upstream;
  private final Map<String, String> more;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<String, GatewayProcess> running = new HashMap<>();
  private final Map<String, Integer> ports = new HashMap<>();

  /**
   * @param database URL of the one that all share, with its user
   * @param more settings of all nodes
   */
  ClusterNodes(Path folder, String database, String upstream, Map<String, String> more) {
    this.folder = folder;
    this.database = database;
    this.upstream = upstream;
    this.more = more;
  }

  /** Starts a node, on the port that it had before if there was one. */
  void start(String name) throws IOException {
    var home = folder.resolve(name);
    Files.createDirectories(home);
    int port = ports.computeIfAbsent(name, _ -> freePort());
    var args =
        new ArrayList<>(List.of("serve", "--upstream", upstream, "--listen", "127.0.0.1:" + port));
    var settings = new HashMap<>(more);
    settings.put("data", home.resolve("data").toString());
    settings.put("journal.url", database);
    settings.put("archive.url", "same");
    settings.put("node.address", "http://127.0.0.1:" + port);
    settings.put("node.secret", "the-secret-of-the-nodes-of-a-test");
    settings.put("node.name", name);
    settings.forEach((key, value) -> args.addAll(List.of("--set", key + "=" + value)));
    running.put(name, GatewayProcess.start(home, List.of(), Map.of(), args));
  }

  private GatewayProcess node(String name) {
    var process = running.get(name);
    if (process == null) {
      throw new IllegalArgumentException("no node " + name + " was started");
    }
    return process;
  }

  /** Waits until a node is ready. */
  InetSocketAddress ready(String name) {
    return node(name).ready();
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RawClient client(String name) throws IOException {
    return new RawClient(ready(name));
  }

  void kill(String name) throws InterruptedException {
    node(name).kill();
  }

  /** Asks a node to end, as a supervisor does, and waits. */
  void stop(String name) {
    node(name).close();
  }

  /** Sends {@code STOP} or {@code CONT}. */
  void signal(String name, String signal) throws Exception {
    var pid = Long.toString(node(name).process().pid());
    new ProcessBuilder("kill", "-" + signal, pid).inheritIO().start().waitFor();
  }

  /** The exit code of a node that ends by itself. */
  int exit(String name) throws InterruptedException {
    var process = node(name).process();
    return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  /** What {@code lastword nodes} prints. */
  String printed() throws Exception {
    var home = folder.resolve("nodes");
    Files.createDirectories(home);
    var process =
        GatewayProcess.start(
            home, List.of(), Map.of("LASTWORD_JOURNAL_URL", database), List.of("nodes"));
    process.process().waitFor(60, TimeUnit.SECONDS);
    return Files.readString(home.resolve("out")) + process.err();
  }

  String log(String name) throws IOException {
    return node(name).err();
  }

  /** What a node answers, if it does with 200. */
  Optional<String> get(String name, String target) {
    try {
      var address = ready(name);
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + target))
              .timeout(Duration.ofSeconds(30))
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

  /** The outcome of a stream as a node says it; empty while there is none, or nobody says it. */
  String outcome(String name, String id) {
    return get(name, "/api/streams/" + id)
        .map(JSON::readTree)
        .map(stream -> stream.get("outcome"))
        .filter(outcome -> !outcome.isNull())
        .map(JsonNode::asString)
        .orElse("");
  }

  @Override
  public void close() {
    for (var process : running.values()) {
      process.process().destroyForcibly();
    }
    http.close();
  }
}
