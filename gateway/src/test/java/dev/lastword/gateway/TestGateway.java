package dev.lastword.gateway;

import dev.lastword.journal.Disk;
import dev.lastword.journal.DiskRoom;
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
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.function.BiFunction;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A real gateway in this process, on a port of its own. */
final class TestGateway implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final Supplier<Settings> sources;
  private final BiFunction<Config, DiskRoom, Journal> journals;
  private final Optional<IntSupplier> gauge;
  private final Standing standing;
  private final Settings settings;
  private String[] headers = {};
  private Gateway gateway;
  private Reload reload;

  private TestGateway(Supplier<Settings> sources, BiFunction<Config, DiskRoom, Journal> journals) {
    this(sources, journals, Optional.empty(), new Standing.Alone());
  }

  private TestGateway(
      Supplier<Settings> sources,
      BiFunction<Config, DiskRoom, Journal> journals,
      Optional<IntSupplier> gauge,
      Standing standing) {
    this.gauge = gauge;
    this.standing = standing;
    this.sources = sources;
    this.journals = journals;
    settings = sources.get();
    gateway = open();
    reload = new Reload(gateway, settings, sources);
  }

  private static Supplier<Settings> settings(Path data, String upstream, Map<Setting, String> set) {
    return () -> {
      var settings = ofTest(new Settings(), data);
      settings.set(Setting.UPSTREAM, upstream, "test");
      set.forEach((setting, value) -> settings.set(setting, value, "test"));
      return settings;
    };
  }

  private static Settings ofTest(Settings settings, Path data) {
    settings.set(Setting.LISTEN, "127.0.0.1:0", "test");
    settings.set(Setting.DATA, data.toString(), "test");
    settings.set(Setting.RESERVE_BYTES, "0", "test");
    settings.set(Setting.RECEIPTS, "api", "test"); // what readers get is compared byte by byte
    return settings;
  }

  static TestGateway start(Path data, ScriptedUpstream upstream) {
    return start(data, upstream.url(), Map.of());
  }

  static TestGateway start(Path data, String upstream, Map<Setting, String> set) {
    return new TestGateway(settings(data, upstream, set), TestGateway::journal);
  }

  /** A gateway that stands to others as it is told. */
  static TestGateway standing(
      Path data, String upstream, Map<Setting, String> set, Standing standing) {
    return new TestGateway(
        settings(data, upstream, set), TestGateway::journal, Optional.empty(), standing);
  }

  /** A gateway whose journal is where its settings say. */
  static TestGateway asConfigured(Path data, String upstream, Map<Setting, String> set) {
    return new TestGateway(settings(data, upstream, set), Gateway::openJournal);
  }

  /** A gateway whose heap is as full as it is told, in percent. */
  static TestGateway start(
      Path data, String upstream, Map<Setting, String> set, IntSupplier gauge) {
    return new TestGateway(
        settings(data, upstream, set),
        TestGateway::journal,
        Optional.of(gauge),
        new Standing.Alone());
  }

  /**
   * A gateway as a file says, which is read again by {@link #reload}.
   *
   * @param environment what the file's references are looked up in
   */
  static TestGateway ofFile(Path data, Path file, Map<String, String> environment) {
    return ofFile(data, file, environment, new Standing.Alone());
  }

  static TestGateway ofFile(
      Path data, Path file, Map<String, String> environment, Standing standing) {
    return new TestGateway(
        () -> {
          var settings = new Settings(environment);
          settings.readFile(file);
          return ofTest(settings, data);
        },
        TestGateway::journal,
        Optional.empty(),
        standing);
  }

  private static Journal journal(Config config, DiskRoom room) {
    return FileJournal.open(config.data().resolve("journal"), FileJournal.Options.DEFAULT, room);
  }

  /** A gateway whose journal is on a disk that can be made to fail. */
  static TestGateway on(Disk disk, Path data, String upstream, Map<Setting, String> set) {
    var options = new FileJournal.Options(1 << 20, 64 << 10);
    return new TestGateway(
        settings(data, upstream, set),
        (_, room) ->
            FileJournal.open(
                new FileJournal.Parts(
                    disk,
                    Executors.newSingleThreadExecutor(),
                    Thread::startVirtualThread,
                    System::nanoTime,
                    System::currentTimeMillis,
                    new Random(),
                    room),
                options));
  }

  private Gateway open() {
    return Gateway.start(Config.of(settings), Map.of(), journals, gauge, standing);
  }

  /** As SIGHUP does. */
  void reload() {
    reload.run();
  }

  Gateway gateway() {
    return gateway;
  }

  /** Ends it in good order and starts it again on the same data. */
  void restart() {
    gateway.drain(Duration.ZERO);
    gateway.close();
    gateway = open();
    reload = new Reload(gateway, settings, sources);
  }

  /** From now on asks with these where nothing else is said. */
  TestGateway as(String... credentials) {
    headers = credentials;
    return this;
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

  HttpRequest.Builder request(String target, String... fields) {
    var builder =
        HttpRequest.newBuilder(URI.create(url() + target)).timeout(Duration.ofSeconds(20));
    var said = fields.length > 0 ? fields : headers;
    if (said.length > 0) {
      builder.headers(said);
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

  /** Ends it as a process that is killed: nothing is said to anybody, and nothing is drained. */
  void kill() {
    gateway.close();
  }

  @Override
  public void close() {
    gateway.drain(Duration.ZERO);
    gateway.close();
  }
}
