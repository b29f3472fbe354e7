package dev.lastword.gateway;

import dev.lastword.journal.Disk;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A real gateway in this process, on a port of its own. */
final class TestGateway implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final Path data;
  private final String upstream;
  private final Map<Setting, String> set;
  private final Function<Config, Journal> journals;
  private Gateway gateway;

  private TestGateway(
      Path data, String upstream, Map<Setting, String> set, Function<Config, Journal> journals) {
    this.data = data;
    this.upstream = upstream;
    this.set = set;
    this.journals = journals;
    gateway = open();
  }

  static TestGateway start(Path data, ScriptedUpstream upstream) {
    return start(data, upstream.url(), Map.of());
  }

  static TestGateway start(Path data, String upstream, Map<Setting, String> set) {
    return new TestGateway(
        data,
        upstream,
        set,
        config -> FileJournal.open(config.data().resolve("journal"), FileJournal.Options.DEFAULT));
  }

  /** A gateway whose journal is on a disk that can be made to fail. */
  static TestGateway on(Disk disk, Path data, String upstream, Map<Setting, String> set) {
    var options = new FileJournal.Options(1 << 20, 64 << 10);
    return new TestGateway(
        data,
        upstream,
        set,
        _ ->
            FileJournal.open(
                new FileJournal.Parts(
                    disk,
                    Executors.newSingleThreadExecutor(),
                    Thread::startVirtualThread,
                    System::nanoTime,
                    System::currentTimeMillis,
                    new Random()),
                options));
  }

  private Gateway open() {
    var settings = new Settings();
    settings.set(Setting.LISTEN, "127.0.0.1:0", "test");
    settings.set(Setting.DATA, data.toString(), "test");
    settings.set(Setting.RESERVE_BYTES, "0", "test");
    set.forEach((setting, value) -> settings.set(setting, value, "test"));
    return Gateway.start(Config.of(settings), UpstreamTarget.parse(upstream), Map.of(), journals);
  }

  Gateway gateway() {
    return gateway;
  }

  /** Ends it in good order and starts it again on the same data. */
  void restart() {
    gateway.drain(Duration.ZERO);
    gateway.close();
    gateway = open();
  }

  String url() {
    return "http://" + Gateway.text(gateway.address());
  }

  RawClient client() throws IOException {
    return new RawClient(gateway.address());
  }

  HttpResponse<String> get(String target, String... headers)
      throws IOException, InterruptedException {
    return send(request(target, headers).GET().build());
  }

  HttpResponse<String> post(String target, String body, String... headers)
      throws IOException, InterruptedException {
    return send(
        request(target, headers)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  HttpRequest.Builder request(String target, String... headers) {
    var builder =
        HttpRequest.newBuilder(URI.create(url() + target)).timeout(Duration.ofSeconds(20));
    if (headers.length > 0) {
      builder.headers(headers);
    }
    return builder;
  }

  HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return CLIENT.send(request, BodyHandlers.ofString());
  }

  /** The JSON under a path, which is there. */
  JsonNode json(String target) throws IOException, InterruptedException {
    var response = get(target);
    if (response.statusCode() != 200) {
      throw new IOException(target + " answered " + response.statusCode() + " " + response.body());
    }
    return JSON.readTree(response.body());
  }

  static JsonNode read(String json) {
    return JSON.readTree(json);
  }

  /** The stream's JSON once it has an outcome. */
  JsonNode ended(String id) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .until(() -> json("/api/streams/" + id), stream -> !stream.get("outcome").isNull());
  }

  @Override
  public void close() {
    gateway.drain(Duration.ZERO);
    gateway.close();
  }
}
