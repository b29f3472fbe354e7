package dev.lastword.checker.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.form.EventMark;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Template;
import dev.lastword.checker.verify.Verification;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes down how a fault is seen without the checker: with curl, and with ten lines of Python. Not
 * where earlier requests are needed, or values of events: that takes more than ten lines.
 */
final class Reproducing {
  private static final Set<String> SECRETS = Set.of("authorization", "cookie", "x-api-key");

  private final Bench bench;

  Reproducing(Bench bench) {
    this.bench = bench;
  }

  /** How the reader of a check behaves. */
  private enum Manner {
    LEAVES,
    RESETS,
    LOOKS
  }

  /** How one check's fault is seen; empty if that cannot be shown in so few lines. */
  Optional<Reproduction> of(String code) {
    var plan = bench.plan();
    if (!plan.steps().isEmpty() || plan.verification().isEmpty() || usesEvents()) {
      return Optional.empty();
    }
    var baseline = bench.baseline();
    return switch (code) {
      case "LW001" ->
          baseline.reading().terminal().map(at -> written(code, fragment(at), 1, Manner.LEAVES));
      case "LW002" ->
          baseline.reading().ending().map(at -> written(code, fragment(at), 1, Manner.LEAVES));
      case "LW003" ->
          baseline.reading().terminal().map(at -> written(code, fragment(at), 1, Manner.LOOKS));
      case "LW023" ->
          baseline.reading().ending().map(at -> written(code, fragment(at), 1, Manner.LOOKS));
      case "LW004" ->
          Optional.of(
              written(
                  code,
                  baseline.reading().lines() ? "{" : "data:",
                  baseline.textEvent(0.5) + 1,
                  Manner.LEAVES));
      default -> Optional.empty();
    };
  }

  private boolean usesEvents() {
    var places = new ArrayList<Template>();
    switch (bench.plan().verification().orElseThrow()) {
      case Verification.Http http -> {
        places.add(http.request().url());
        places.add(http.request().body());
      }
      case Verification.Command command -> places.add(command.command());
    }
    return places.stream()
        .anyMatch(each -> each.text().matches("(?s).*\\{\\{\\s*(event|cookie):.*"));
  }

  private String fragment(Arrival arrival) {
    var events = bench.baseline().reading().arrivals();
    var before = events.subList(0, arrival.index()).stream().map(Arrival::event).toList();
    var wire = new String(bench.baseline().reading().bytes(), UTF_8);
    return EventMark.telling(arrival.event(), before).fragment(arrival.event(), wire);
  }

  private Reproduction written(String code, String until, int times, Manner said) {
    var manner = said == Manner.LEAVES && bench.lostByResetAlone(code) ? Manner.RESETS : said;
    var shell = manner == Manner.RESETS ? "" : shell(until, times, manner); // curl cannot reset
    return new Reproduction(code, shell, script(until, times, manner));
  }

  private long waitSeconds() {
    var wait = bench.plan().patience().plus(bench.baseline().duration());
    return Math.max(1, (wait.toMillis() + 999) / 1000);
  }

  // ---- curl

  private String shell(String until, int times, Manner manner) {
    var request = bench.plan().request();
    var curl = new StringBuilder("curl -sN -D head");
    if (!request.method().equals("GET")) {
      curl.append(" -X ").append(request.method());
    }
    for (var header : request.headers()) {
      if (!isAutomatic(header.getValue())) {
        curl.append(" -H ")
            .append(inShell(header.getKey() + ": " + shown(header.getKey(), header.getValue())));
      }
    }
    if (!request.body().text().isEmpty()) {
      curl.append(" --data-raw ").append(inShell(request.body().text()));
    }
    curl.append(' ').append(inShell(request.url().text()));
    var lines = new ArrayList<String>();
    lines.add("run=lw$(date +%s); rm -f stream; mkfifo stream");
    lines.add(curl + " >stream &");
    var grep = "grep -m%d -F %s stream".formatted(times, inShell(until));
    lines.add(
        manner == Manner.LEAVES
            ? "%s; kill $!; sleep %d    # the reader has left".formatted(grep, waitSeconds())
            : "{ %s; %s; cat >/dev/null; } <stream    # at once, while the reader stays"
                .formatted(grep.replace(" stream", ""), look()));
    if (manner == Manner.LEAVES) {
      lines.add(look());
    }
    return String.join("\n", lines);
  }

  private String look() {
    return switch (bench.plan().verification().orElseThrow()) {
      case Verification.Command command -> command.command().text().replace("{{run}}", "$run");
      case Verification.Http http -> {
        var request = http.request();
        var curl = new StringBuilder("curl -s -i");
        if (!request.method().equals("GET")) {
          curl.append(" -X ").append(request.method());
        }
        for (var header : request.headers()) {
          if (!isAutomatic(header.getValue())) {
            curl.append(" -H ")
                .append(
                    inShell(header.getKey() + ": " + shown(header.getKey(), header.getValue())));
          }
        }
        if (!request.body().text().isEmpty()) {
          curl.append(" --data-raw ").append(inShell(request.body().text()));
        }
        yield curl.append(' ').append(inShell(request.url().text())).toString();
      }
    };
  }

  /** In single quotes, but for what a shell has to fill in. */
  private static String inShell(String text) {
    var quoted = "'" + text.replace("'", "'\\''") + "'";
    return quoted
        .replaceAll("\\{\\{\\s*(run|key)\\s*}}", "'\"\\$run\"'")
        .replaceAll("\\{\\{\\s*env:([^{}\\s]+)\\s*}}", "'\"\\${$1}\"'")
        .replaceAll(
            "\\{\\{\\s*header:([^{}\\s]+)\\s*}}",
            "'\"\\$(sed -n 's/^$1: *//Ip' head | tr -d '\\\\r')\"'")
        .replaceAll("''(?=\"\\$)", "")
        .replaceAll("(?<=\")''$", "");
  }

  // ---- Python

  private String script(String until, int times, Manner manner) {
    var request = bench.plan().request();
    var lines = new ArrayList<String>();
    lines.add("run = 'lw' + str(time.time_ns())");
    lines.add("answer = urllib.request.urlopen(%s)".formatted(asked(request)));
    lines.add("seen = 0");
    lines.add("while seen < %d:".formatted(times));
    lines.add("    seen += %s in answer.readline()".formatted(bytes(until)));
    if (manner == Manner.RESETS) {
      lines.add(
          "answer.fp.raw._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))");
    }
    if (manner != Manner.LOOKS) {
      lines.add(
          "answer.close()    # the reader leaves%s; a while later:"
              .formatted(manner == Manner.RESETS ? " with a reset" : ""));
      lines.add("time.sleep(%d)".formatted(waitSeconds()));
    }
    lines.add(
        switch (bench.plan().verification().orElseThrow()) {
          case Verification.Command command ->
              "print(subprocess.getoutput(%s))".formatted(inPython(command.command().text()));
          case Verification.Http http ->
              "print(urllib.request.urlopen(%s).read().decode())".formatted(asked(http.request()));
        });
    var script = String.join("\n", lines);
    var modules =
        Stream.of("os", "socket", "struct", "subprocess", "time", "urllib.request")
            .filter(module -> script.contains(module + "."))
            .toList();
    return "import " + String.join(", ", modules) + "\n" + script;
  }

  private static String asked(RequestTemplate request) {
    var headers = new ArrayList<String>();
    for (var header : request.headers()) {
      if (!isAutomatic(header.getValue())) {
        headers.add(
            "%s: %s"
                .formatted(
                    inPython(header.getKey()),
                    isSecret(header.getKey(), header.getValue())
                        ? "os.environ[" + inPython(variable(header.getKey())) + "]"
                        : inPython(header.getValue().text())));
      }
    }
    var body = request.body().text();
    return "urllib.request.Request(%s, %s, {%s}, method=%s)"
        .formatted(
            inPython(request.url().text()),
            body.isEmpty() ? "None" : "(" + inPython(body) + ").encode()",
            String.join(", ", headers),
            inPython(request.method()));
  }

  private static String bytes(String text) {
    return text.chars().allMatch(each -> each >= ' ' && each < 0x7F)
        ? "b" + literal(text)
        : literal(text) + ".encode()";
  }

  /** A string, or a sum of strings and of what has to be filled in. */
  private static String inPython(String text) {
    return literal(text)
        .replaceAll("\\{\\{\\s*(run|key)\\s*}}", "' + run + '")
        .replaceAll("\\{\\{\\s*env:([^{}\\s]+)\\s*}}", "' + os.environ['$1'] + '")
        .replaceAll("\\{\\{\\s*header:([^{}\\s]+)\\s*}}", "' + answer.headers['$1'] + '")
        .replaceAll("^'' \\+ ", "")
        .replaceAll(" \\+ ''$", "");
  }

  private static String literal(String text) {
    return "'"
        + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
        + "'";
  }

  // ---- headers

  /** Cookies of earlier requests, of which there are none. */
  private static boolean isAutomatic(Template value) {
    return value.text().equals("{{cookies}}");
  }

  private static boolean isSecret(String name, Template value) {
    return SECRETS.contains(name.toLowerCase(Locale.ROOT)) && !value.text().contains("{{env:");
  }

  /** A credential is not written into a report. */
  private static String shown(String name, Template value) {
    return isSecret(name, value) ? "{{env:" + variable(name) + "}}" : value.text();
  }

  private static String variable(String header) {
    return header.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }

  /** The codes whose faults can be shown so, the worst first. */
  static List<String> codes() {
    return List.of("LW001", "LW002", "LW003", "LW004", "LW023");
  }
}
