package dev.lastword.checker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * One route of the zoo, and what a check of it has to find.
 *
 * @param name its path
 * @param server the server that has it
 * @param kept whether its application has Lastword on its class path
 * @param options what a check of it has to be told
 * @param expected verdicts that are right, by code
 * @see "checker/zoo/README.md"
 */
record ZooRoute(
    String name,
    String server,
    boolean kept,
    Map<String, String> options,
    Map<String, List<String>> expected) {
  private static final String DATA = "{\"message\":\"tell me of {{run}}\"}";
  private static final String ID = "{{header:x-message-id}}";
  private static final String KEPT_ID = "{{header:lastword-stream}}";

  /**
   * Every route of a manifest.
   *
   * @param kept with Lastword on the class path: those alone that are tried so, and what is right
   *     then
   */
  static List<ZooRoute> all(Path manifest, boolean kept) throws IOException {
    var root = YAMLMapper.builder().build().readTree(Files.readString(manifest));
    var routes = new ArrayList<ZooRoute>();
    for (var route : root.path("routes")) {
      if (kept && !route.has("kept")) {
        continue;
      }
      var expected = new LinkedHashMap<>(verdicts(root.path("verdicts")));
      if (kept) {
        expected.putAll(verdicts(root.path("kept")));
      }
      expected.putAll(verdicts(route.path(kept ? "kept" : "verdicts")));
      var options = new LinkedHashMap<String, String>();
      route
          .path("options")
          .properties()
          .forEach(o -> options.put(o.getKey(), o.getValue().asString()));
      routes.add(
          new ZooRoute(
              route.path("route").asString(),
              route.path("server").asString(),
              kept,
              options,
              expected));
    }
    return routes;
  }

  private static Map<String, List<String>> verdicts(JsonNode cells) {
    var verdicts = new LinkedHashMap<String, List<String>>();
    for (var cell : cells.properties()) {
      var allowed = new ArrayList<String>();
      if (cell.getValue().isArray()) {
        cell.getValue().forEach(each -> allowed.add(each.asString()));
      } else {
        allowed.add(cell.getValue().asString());
      }
      verdicts.put(cell.getKey(), List.copyOf(allowed));
    }
    return verdicts;
  }

  /**
   * Whether this verdict is right; {@code undecided} stands for both that decide nothing. None is
   * for a code that has no cell.
   */
  boolean allows(String code, String verdict) {
    var allowed = expected.getOrDefault(code, List.of());
    boolean undecided = verdict.equals("inconclusive") || verdict.equals("not-applicable");
    return allowed.contains(verdict) || (undecided && allowed.contains("undecided"));
  }

  /** What it is called, with the server that has it, and how. */
  String label() {
    return server + " " + name + (kept ? " kept" : "");
  }

  /** The address of its stream. */
  String url(String base) {
    var chat = base + "/" + name + "/chat";
    return isGet() ? chat + "?message=tell%20me%20of%20{{run}}" : chat;
  }

  private boolean isGet() {
    return options.getOrDefault("method", "POST").equals("GET");
  }

  /** What a check of it is told. */
  Settings settings(String base) {
    var values = new LinkedHashMap<String, List<String>>();
    var root = base + "/" + name;
    if (!isGet()) {
      values.put(Flags.DATA.flag(), List.of(DATA));
    }
    values.put(Flags.VERIFY.flag(), List.of(root + "/messages/" + ID));
    if (!options.getOrDefault("form", "").equals("own")) { // of such a route nothing is told
      values.put(Flags.EXPECT_COMPLETE.flag(), List.of("/status=complete"));
    }
    if (options.containsKey("resume")) {
      values.put(Flags.RESUME.flag(), List.of(root + "/streams/" + ID));
    } else if (kept) {
      values.put(Flags.RESUME.flag(), List.of(base + "/lastword/streams/" + KEPT_ID));
    }
    if (options.containsKey("stop")) {
      values.put(Flags.STOP.flag(), List.of(root + "/stop/" + ID));
    }
    if (options.containsKey("tool-call")) {
      values.put(Flags.SILENT_DATA.flag(), List.of(DATA));
    }
    put(values, Flags.HEADER, "cookie", "cookie: ");
    put(values, Flags.OTHER_HEADER, "other-cookie", "cookie: ");
    put(values, Flags.IDEMPOTENCY_HEADER, "idempotency-key", "");
    if (options.containsKey("silence-ms-max")) {
      values.put(Flags.SILENCE_MAX.flag(), List.of(options.get("silence-ms-max") + "ms"));
    }
    return new Settings(values, Map.of());
  }

  private void put(Map<String, List<String>> values, Flags flag, String option, String before) {
    var value = options.get(option);
    if (value != null) {
      values.put(flag.flag(), List.of(before + value));
    }
  }
}
