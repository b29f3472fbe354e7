package dev.lastword.checker;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** The flags of {@code lastword check}. */
enum Flags {
  METHOD("X", "method", "METHOD", "Request method; POST where there is a body, else GET."),
  HEADER("H", "header", "LINE", "Request header 'name: value'; may be repeated."),
  DATA("d", "data", "BODY", "Request body; {{run}} is another word in every run."),
  VERIFY(
      null,
      "verify",
      "URL",
      "Address that shows what was saved; may hold {{header:NAME}},"
          + " {{cookie:NAME}}, {{event:/pointer}}, {{run}}."),
  VERIFY_HEADER(
      null,
      "verify-header",
      "LINE",
      "Header for --verify; without one, the request's" + " authorization and cookie."),
  VERIFY_COMMAND(
      null, "verify-command", "COMMAND", "Shell command whose output shows what was" + " saved."),
  EXPECT(null, "expect", "TEXT", "What the verification must contain; {{answer}} if not given."),
  EXPECT_JSON(null, "expect-json", "POINTER=TEXT", "A value that its JSON must have at a pointer."),
  EXPECT_MATCH(null, "expect-match", "REGEX", "What it must match."),
  RESUME(null, "resume", "URL", "Address at which a stream is read again, such as"
      + " http://…/streams/{{header:x-message-id}}; a GET with ids needs none."),
  DIALECT(null, "dialect", "NAME", "How the stream ends; told from the path if not given."),
  TERMINAL(
      null,
      "terminal",
      "RULE",
      "The terminal event of another stream: data:TEXT, event:TYPE"
          + " or json:/pointer=value; may be repeated."),
  TEXT(null, "text", "POINTER", "Where the text stands in the events' JSON, such as /delta/text."),
  ONLY(null, "only", "CODES", "Checks to make, such as LW001,LW003; all if not given."),
  SKIP(null, "skip", "CODES", "Checks to leave out."),
  RUNS(
      "n",
      "runs",
      "N",
      "Runs of each race, 1 to 1000; 5 if not given, and more where their" + " results differ."),
  WAIT(
      null,
      "wait",
      "TIME",
      "How long an answer may take to appear once it would be complete; 5s" + " if not given."),
  SILENCE(null, "silence", "TIME", "Longest wait for a byte; 60s if not given."),
  TIMEOUT(null, "timeout", "TIME", "Longest time for one response; 10m if not given."),
  CACERT(null, "cacert", "FILE", "Certificates (PEM) to trust, for a private CA."),
  FAIL_ON(
      null,
      "fail-on",
      "SEVERITY",
      "Least severity that makes the exit code 1: low, medium or" + " high; low if not given.");

  private final Option option;

  Flags(@Nullable String letter, String name, String argument, String description) {
    option =
        Option.builder(letter).longOpt(name).hasArg().argName(argument).desc(description).get();
  }

  String flag() {
    return option.getLongOpt();
  }

  static Options options() {
    var options = new Options();
    for (var each : values()) {
      options.addOption(each.option);
    }
    return options;
  }

  /** What a command line says. */
  static Settings settings(CommandLine line) {
    Map<String, List<String>> found = new LinkedHashMap<>();
    for (var each : values()) {
      var given = line.getOptionValues(each.option);
      if (given != null) {
        found.put(each.flag(), new ArrayList<>(List.of(given)));
      }
    }
    return new Settings(found, Map.of());
  }
}
