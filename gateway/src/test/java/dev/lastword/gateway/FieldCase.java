package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** One stream of the field: two files, whose form the README beside them tells. */
@SuppressWarnings("ArrayRecordComponent") // read once and never compared
record FieldCase(String name, JsonNode json, byte[] body) {
  /** Silence behind a place in the body. */
  record Pause(int at, long ms) {}

  private static final Path FOLDER = folder();

  private static Path folder() {
    try {
      var readme = FieldCase.class.getResource("/field-streams/README.md");
      return Objects.requireNonNull(Path.of(Objects.requireNonNull(readme).toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All of the folder, or those whose name begins with {@code -Dlastword.field=}. */
  static Stream<String> names() throws IOException {
    var wanted = System.getProperty("lastword.field", "");
    try (var files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".json") && file.startsWith(wanted))
          .map(file -> file.substring(0, file.length() - 5))
          .sorted()
          .toList()
          .stream();
    }
  }

  static FieldCase of(String name) throws IOException {
    return new FieldCase(
        name,
        TestGateway.read(Files.readString(FOLDER.resolve(name + ".json"))),
        Files.readAllBytes(FOLDER.resolve(name + ".sse")));
  }

  String text() {
    return new String(body, UTF_8);
  }

  JsonNode request() {
    return json.path("request");
  }

  JsonNode upstream() {
    return json.path("upstream");
  }

  JsonNode expect() {
    return json.path("expect");
  }

  String special() {
    return json.path("special").asString("");
  }

  Map<Setting, String> settings() {
    var set = new EnumMap<Setting, String>(Setting.class);
    json.path("set")
        .properties()
        .forEach(
            each ->
                set.put(Setting.named(each.getKey()).orElseThrow(), each.getValue().asString()));
    return set;
  }

  /** The request's path, as the upstream knows it. */
  String path() {
    var target = request().path("path").asString();
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /** The request as bytes, for a gateway at this address. */
  byte[] requestBytes(String authority) throws IOException {
    var content = requestBody();
    var method = request().path("method").asString(content.length > 0 ? "POST" : "GET");
    var head = new StringBuilder();
    head.append(method).append(' ').append(request().path("path").asString());
    head.append(" HTTP/1.1\r\nHost: ").append(authority).append("\r\n");
    if (content.length > 0) {
      head.append("Content-Length: ").append(content.length).append("\r\n");
      if (request().path("headers").path("Content-Type").isMissingNode()) {
        head.append("Content-Type: application/json\r\n");
      }
    }
    request()
        .path("headers")
        .properties()
        .forEach(
            each ->
                head.append(each.getKey())
                    .append(": ")
                    .append(each.getValue().asString())
                    .append("\r\n"));
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(head.append("\r\n").toString().getBytes(UTF_8));
    bytes.writeBytes(content);
    return bytes.toByteArray();
  }

  private byte[] requestBody() throws IOException {
    if (request().has("body_file")) {
      return Files.readAllBytes(FOLDER.resolve(request().path("body_file").asString()));
    }
    return request().has("body") ? request().path("body").toString().getBytes(UTF_8) : new byte[0];
  }

  /** Where the upstream is silent, in order. */
  List<Pause> pauses() {
    var pauses = new ArrayList<Pause>();
    var text = new String(body, java.nio.charset.StandardCharsets.ISO_8859_1);
    for (var pause : upstream().path("pauses")) {
      var after = pause.path("after").asString();
      int at = text.indexOf(after);
      if (at < 0) {
        throw new IllegalStateException(name + ": no such text to pause behind: " + after);
      }
      pauses.add(new Pause(at + after.length(), ms(pause.path("s"))));
    }
    long everyMs = ms(upstream().path("every_block_s"));
    for (int at = text.indexOf("\n\n"); everyMs > 0 && at >= 0; at = text.indexOf("\n\n", at + 2)) {
      pauses.add(new Pause(at + 2, everyMs));
    }
    pauses.sort(java.util.Comparator.comparingInt(Pause::at));
    return pauses;
  }

  static long ms(JsonNode seconds) {
    return Math.round(seconds.asDouble(0) * 1_000);
  }
}
