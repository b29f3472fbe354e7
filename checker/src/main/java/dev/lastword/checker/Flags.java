package dev.lastword.checker;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** The flags of {@code lastword check} that a file may have too. */
enum Flags {
  METHOD("X", "method", "METHOD", "Request method; POST where there is a body, else GET."),
  HEADER("H", "header", "LINE", "Request header 'name: value'; may be repeated."),
  DATA("d", "data", "BODY", "Request body; {{run}} is another word in every run."),
  VERIFY(
      "",
      "verify",
      "URL",
      "Address that shows what was saved; may hold {{header:NAME}},"
          + " {{cookie:NAME}}, {{event:/pointer}}, {{run}}."),
  VERIFY_HEADER(
      "",
      "verify-header",
      "LINE",
      "Header for --verify; without one, the request's own credentials."),
  VERIFY_COMMAND(
      "", "verify-command", "COMMAND", "Shell command whose output shows what was" + " saved."),
  VERIFY_METHOD("", "verify-method", "METHOD", "Its method; POST where it has a body, else GET."),
  VERIFY_DATA("", "verify-data", "BODY", "Its body; places as in --verify."),
  EXPECT("", "expect", "TEXT", "What the verification must contain; {{answer}} if not given."),
  EXPECT_JSON("", "expect-json", "POINTER=TEXT", "A value that its JSON must have at a pointer."),
  EXPECT_MATCH("", "expect-match", "REGEX", "What it must match."),
  RESUME(
      "",
      "resume",
      "URL",
      "Address at which a stream is read again, such as"
          + " http://…/streams/{{header:x-message-id}}; a GET with ids needs none."),
  EXPECT_COMPLETE(
      "",
      "expect-complete",
      "RULE",
      "How the verification shows that an answer is taken for complete: /pointer=text in its JSON,"
          + " or a regular expression."),
  STOP(
      "",
      "stop",
      "[METHOD ]URL",
      "Address that stops a generation, by POST or another method; places as in --verify."),
  FAIL_DATA("", "fail-data", "BODY", "Body of a request whose generation fails."),
  FAIL_HEADER("", "fail-header", "LINE", "Header that makes a generation fail; may be repeated."),
  SILENT_DATA(
      "",
      "silent-data",
      "BODY",
      "Body of a request whose answer falls silent for long, such as during a tool call."),
  IDEMPOTENCY_HEADER(
      "",
      "idempotency-header",
      "NAME",
      "Header that names a request, such as Idempotency-Key; or put {{key}} into the request."),
  OTHER_HEADER(
      "",
      "other-header",
      "LINE",
      "Credentials of another user, such as 'cookie: user=bob'; may be repeated."),
  KILL_COMMAND("", "kill-command", "COMMAND", "Shell command that kills the server."),
  RESTART_COMMAND(
      "",
      "restart-command",
      "COMMAND",
      "Shell command that starts the server again, in the background."),
  READERS("", "readers", "N", "Readers at the same time, 2 to 200; 12 if not given."),
  SILENCE_MAX("", "silence-max", "TIME", "Longest silence that is right; 25s if not given."),
  DIALECT("", "dialect", "NAME", "How the stream ends; told from the path if not given."),
  TERMINAL(
      "",
      "terminal",
      "RULE",
      "The terminal event of another stream: data:TEXT, event:TYPE"
          + " or json:/pointer=value; may be repeated."),
  TEXT("", "text", "POINTER", "Where the text stands in the events' JSON, such as /delta/text."),
  ONLY("", "only", "CODES", "Checks to make, such as LW001,LW003; all if not given."),
  SKIP("", "skip", "CODES", "Checks to leave out."),
  RUNS(
      "n",
      "runs",
      "N",
      "Runs of each race, 1 to 1000; 5 if not given, and more where their" + " results differ."),
  WAIT(
      "",
      "wait",
      "TIME",
      "How long an answer may take to appear once it would be complete; 5s" + " if not given."),
  SILENCE("", "silence", "TIME", "Longest wait for a byte; 60s if not given."),
  TIMEOUT("", "timeout", "TIME", "Longest time for one response; 10m if not given."),
  CACERT("", "cacert", "FILE", "Certificates (PEM) to trust, for a private CA."),
  HTTP2(
      "",
      "http2",
      "",
      "Speaks HTTP/2 to the endpoint's host; over http:// without asking (prior knowledge)."),
  FAIL_ON(
      "",
      "fail-on",
      "SEVERITY",
      "Least severity that makes the exit code 1: low, medium or" + " high; low if not given."),
  REPORT("", "report", "FILE", "Also writes a report for people, as one HTML file."),
  JUNIT("", "junit", "FILE", "Also writes JUnit XML, which CI systems show as tests."),
  SARIF("", "sarif", "FILE", "Also writes SARIF 2.1.0, which code scanning shows as alerts."),
  SOURCE(
      "",
      "source",
      "FILE",
      "File of the repository at which SARIF shows findings, such as src/chat.py."),
  DOCS(
      "",
      "docs",
      "URL",
      "Address of the pages of the checks, to which reports link, such as"
          + " https://…/checks/{code}.html; LASTWORD_DOCS if not given."),
  PAGE(
      "",
      "page",
      "URL",
      "Address of the page whose script reads the stream, where its origin is"
          + " another than the endpoint's; for the check in a browser."),
  SDK_DIR(
      "",
      "sdk-dir",
      "DIR",
      "Folder with a node_modules that holds SDKs, such as openai: the stream is"
          + " played to them.");

  private final String letter;
  private final String flag;
  private final String argument;
  private final String description;

  /**
   * @param letter empty for a flag without one
   * @param argument empty for a flag that is there or not
   */
  Flags(String letter, String flag, String argument, String description) {
    this.letter = letter;
    this.flag = flag;
    this.argument = argument;
    this.description = description;
  }

  /** Its long name. */
  String flag() {
    return flag;
  }

  static Optional<Flags> named(String flag) {
    return Arrays.stream(values()).filter(each -> each.flag.equals(flag)).findFirst();
  }

  /** Whether its values are header lines. */
  boolean isHeader() {
    return argument.equals("LINE");
  }

  /** Whether its value is a request's body. */
  boolean isBody() {
    return argument.equals("BODY");
  }

  /** Whether places are filled in in each run. */
  boolean hasPlaces() {
    return isHeader() || isBody() || this == VERIFY || this == RESUME || this == STOP;
  }

  /** Whether its value says where or what something is, in signs of our own. */
  boolean isRule() {
    return switch (this) {
      case EXPECT, EXPECT_JSON, EXPECT_MATCH, EXPECT_COMPLETE, TERMINAL, TEXT -> true;
      default -> false;
    };
  }

  /** Whether it may be given several times. */
  boolean isRepeatable() {
    return isHeader() || this == TERMINAL || this == ONLY || this == SKIP;
  }

  private Option option() {
    var option = Option.builder(letter.isEmpty() ? null : letter).longOpt(flag).desc(description);
    return argument.isEmpty() ? option.get() : option.hasArg().argName(argument).get();
  }

  static Options options() {
    var options = new Options();
    for (var each : values()) {
      options.addOption(each.option());
    }
    return options;
  }

  /** What a command line says. */
  static Settings settings(CommandLine line) {
    Map<String, List<String>> found = new LinkedHashMap<>();
    for (var each : values()) {
      var given = line.getOptionValues(each.flag);
      if (given != null) {
        found.put(each.flag, List.of(given));
      } else if (line.hasOption(each.flag)) {
        found.put(each.flag, List.of("true"));
      }
    }
    return new Settings(found, Map.of());
  }
}
