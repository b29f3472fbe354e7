package dev.lastword.checker.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.form.EventMark;
import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Credentials;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Template;
import dev.lastword.checker.verify.Verification;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Writes down how a fault is seen without the checker: with curl, and with ten lines of Python. Not
 * where earlier requests are needed, or values of events: that takes more than ten lines.
 */
final class Reproducing {
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
          baseline.reading().terminal().map(at -> written(code, until(at), Manner.LEAVES));
      case "LW002" ->
          baseline.reading().ending().map(at -> written(code, until(at), Manner.LEAVES));
      case "LW003" ->
          baseline.reading().terminal().map(at -> written(code, until(at), Manner.LOOKS));
      case "LW023" -> baseline.reading().ending().map(at -> written(code, until(at), Manner.LOOKS));
      case "LW004" ->
          Optional.of(
              written(
                  code, counted(anyEvent(), events().get(baseline.textEvent(0.5))), Manner.LEAVES));
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
      case Verification.Command command -> {
        if (command.command().text().matches("(?s).*\\{\\{\\s*header:.*")) {
          return true; // a value within a person's quotes, which is more than these lines can do
        }
        places.add(command.command());
      }
    }
    return places.stream()
        .anyMatch(each -> each.text().matches("(?s).*\\{\\{\\s*(event|cookie):.*"));
  }

  /**
   * Up to where a reader reads: to the line that is so manieth of those that have a text. The text
   * is the endpoint's own: nothing in it is filled in, nor acted upon.
   */
  private record Until(String text, int times) {}

  private Until until(Arrival arrival) {
    var before = events().subList(0, arrival.index()).stream().map(Arrival::event).toList();
    var wire = new String(bench.baseline().reading().bytes(), UTF_8);
    var text = EventMark.telling(arrival.event(), before).fragment(arrival.event(), wire);
    return counted(text.orElse(anyEvent()), arrival);
  }

  private List<Arrival> events() {
    return bench.baseline().reading().arrivals();
  }

  /** What a line of every event has. */
  private String anyEvent() {
    return bench.baseline().reading().lines() ? "{" : "data:";
  }

  private Until counted(String text, Arrival arrival) {
    long lines =
        events().subList(0, arrival.index() + 1).stream()
            .flatMap(each -> lines(each.event()))
            .filter(line -> line.contains(text.replaceFirst("^event: ", "event:")))
            .count();
    return new Until(text, (int) Math.max(1, lines));
  }

  /** The lines of an event that a reader may wait for. */
  private static Stream<String> lines(SseEvent event) {
    var data = event.data().lines().map(line -> "data:" + line);
    return event.typeBytes().length == 0
        ? data
        : Stream.concat(Stream.of("event:" + event.type()), data);
  }

  private Reproduction written(String code, Until until, Manner said) {
    var manner = said == Manner.LEAVES && bench.lostByResetAlone(code) ? Manner.RESETS : said;
    var shell = manner == Manner.RESETS ? "" : shell(until, manner); // curl cannot reset
    return new Reproduction(code, shell, script(until, manner));
  }

  private long waitSeconds() {
    var wait = bench.plan().patience().plus(bench.baseline().duration());
    return Math.max(1, (wait.toMillis() + 999) / 1000);
  }

  // ---- curl

  private String shell(Until until, Manner manner) {
    var request = bench.plan().request();
    var curl = new StringBuilder("curl -sN -D \"$d/head\"");
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
      curl.append(" --data-raw ").append(inShell(safe(request.body())));
    }
    curl.append(' ').append(inShell(safe(request.url())));
    var lines = new ArrayList<String>();
    lines.add("run=lw$(date +%s); d=$(mktemp -d); mkfifo \"$d/stream\"");
    lines.add(curl + " >\"$d/stream\" &");
    var grep = "grep -m%d -F -e %s".formatted(until.times(), quoted(until.text()));
    lines.add(
        manner == Manner.LEAVES
            ? "%s <\"$d/stream\"; kill $!; sleep %d    # the reader has left"
                .formatted(grep, waitSeconds())
            : "{ %s; %s; cat >/dev/null; } <\"$d/stream\"    # at once, while the reader stays"
                .formatted(grep, look()));
    if (manner == Manner.LEAVES) {
      lines.add(look());
    }
    return String.join("\n", lines);
  }

  private String look() {
    return switch (bench.plan().verification().orElseThrow()) {
      case Verification.Command command ->
          command(command.command()).replaceAll("\\{\\{\\s*run\\s*}}", "\\$run");
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
          curl.append(" --data-raw ").append(inShell(safe(request.body())));
        }
        yield curl.append(' ').append(inShell(safe(request.url()))).toString();
      }
    };
  }

  /** In single quotes, but for what a shell has to fill in. */
  private static String inShell(String text) {
    return quoted(text)
        .replaceAll("\\{\\{\\s*(run|key)\\s*}}", "'\"\\$run\"'")
        .replaceAll("\\{\\{\\s*env:([A-Za-z0-9_]+)\\s*}}", "'\"\\${$1}\"'")
        .replaceAll(
            "\\{\\{\\s*header:([A-Za-z0-9_-]+)\\s*}}",
            "'\"\\$(sed -n 's/^$1: *//Ip' \"\\$d/head\" | tr -d '\\\\r')\"'")
        .replaceAll("''(?=\"\\$)", "")
        .replaceAll("(?<=\")''$", "");
  }

  /** As one word of a shell, in which nothing is acted upon. */
  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  // ---- Python

  private String script(Until until, Manner manner) {
    var request = bench.plan().request();
    var lines = new ArrayList<String>();
    lines.add("run = 'lw' + str(time.time_ns())");
    lines.add("answer = urllib.request.urlopen(%s)".formatted(asked(request)));
    lines.add("lines = (line for line in answer if %s in line)".formatted(bytes(until.text())));
    lines.add(
        "print(next(itertools.islice(lines, %d, None), 'the answer ended before that'))"
            .formatted(until.times() - 1));
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
              "print(subprocess.getoutput(%s))".formatted(inPython(command(command.command())));
          case Verification.Http http ->
              "print(urllib.request.urlopen(%s).read().decode())".formatted(asked(http.request()));
        });
    var script = String.join("\n", lines);
    var modules =
        Stream.of("itertools", "os", "socket", "struct", "subprocess", "time", "urllib.request")
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
                        ? "os.environ[" + inPython(Credentials.variable(header.getKey())) + "]"
                        : inPython(header.getValue().text())));
      }
    }
    var body = safe(request.body());
    return "urllib.request.Request(%s, %s, {%s}, method=%s)"
        .formatted(
            inPython(safe(request.url())),
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
        .replaceAll("\\{\\{\\s*env:([A-Za-z0-9_]+)\\s*}}", "' + os.environ['$1'] + '")
        .replaceAll("\\{\\{\\s*header:([A-Za-z0-9_-]+)\\s*}}", "' + answer.headers['$1'] + '")
        .replaceAll("^'' \\+ ", "")
        .replaceAll(" \\+ ''$", "");
  }

  private static String literal(String text) {
    var literal = new StringBuilder("'");
    text.chars()
        .forEach(
            c -> {
              switch (c) {
                case '\\', '\'' -> literal.append('\\').append((char) c);
                case '\n' -> literal.append("\\n");
                case '\r' -> literal.append("\\r");
                default -> literal.append(c < ' ' ? "\\x%02x".formatted(c) : (char) c);
              }
            });
    return literal.append("'").toString();
  }

  // ---- credentials

  /** Cookies of earlier requests, of which there are none. */
  private static boolean isAutomatic(Template value) {
    return value.text().equals("{{cookies}}");
  }

  private static boolean isSecret(String name, Template value) {
    return Credentials.shown(name, value.text()).equals(Credentials.LEFT_OUT);
  }

  /** A credential is not written into a report. */
  private static String shown(String name, Template value) {
    return isSecret(name, value) ? "{{env:" + Credentials.variable(name) + "}}" : value.text();
  }

  /** An address or a body, whose secrets come from the environment. */
  private static String safe(Template text) {
    var unsigned = text.text().replaceFirst("^(https?://)[^/?#]*@", "$1"); // is not sent either
    return Credentials.without(unsigned, name -> "{{env:" + Credentials.variable(name) + "}}");
  }

  /** A command, whose secrets come from the environment. */
  private static String command(Template text) {
    return Credentials.without(text.text(), name -> "${" + Credentials.variable(name) + "}");
  }

  /** The codes whose faults can be shown so, the worst first. */
  static List<String> codes() {
    return List.of("LW001", "LW002", "LW003", "LW004", "LW023");
  }
}
