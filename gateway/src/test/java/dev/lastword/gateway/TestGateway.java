package dev.lastword.gateway;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
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
  private Gateway gateway;

  private TestGateway(Path data, String upstream, Map<Setting, String> set) {
    this.data = data;
    this.upstream = upstream;
    this.set = set;
    start();
  }

  static TestGateway start(Path data, ScriptedUpstream upstream) {
    return start(data, upstream.url(), Map.of());
  }

  static TestGateway start(Path data, String upstream, Map<Setting, String> set) {
    return new TestGateway(data, upstream, set);
  }

  private void start() {
    var settings = new Settings();
    settings.set(Setting.LISTEN, "127.0.0.1:0", "test");
    settings.set(Setting.DATA, data.toString(), "test");
    set.forEach((setting, value) -> settings.set(setting, value, "test"));
    gateway = Gateway.start(Config.of(settings), UpstreamTarget.parse(upstream), Map.of());
  }

  Gateway gateway() {
    return gateway;
  }

  /** Ends it in good order and starts it again on the same data. */
  void restart() {
    gateway.drain(Duration.ZERO);
    gateway.close();
    start();
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
