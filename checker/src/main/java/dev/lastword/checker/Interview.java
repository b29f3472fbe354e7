package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.report.Terminal;
import dev.lastword.checker.scenario.Bench;
import dev.lastword.checker.scenario.CannotCheckException;
import dev.lastword.cli.UsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** {@code lastword check --init}: asks, tries what was said, and writes it down as a file. */
final class Interview {
  static final String USUAL_FILE = "check.yaml";
  private static final int NOTHING_WRITTEN = 2;
  private static final String USUAL_BODY = "{\"message\": \"tell me about {{run}}\"}";

  private final BufferedReader in;
  private final PrintStream out;
  private final Function<Settings, Reader> readers;
  private final boolean echoed;
  private final Map<String, List<String>> said = new LinkedHashMap<>();

  /**
   * @param readers makes what requests are sent with
   * @param echoed whether a terminal shows what a person types
   */
  Interview(InputStream in, PrintStream out, Function<Settings, Reader> readers, boolean echoed) {
    this.in = new BufferedReader(new InputStreamReader(in, UTF_8));
    this.out = out;
    this.readers = readers;
    this.echoed = echoed;
  }

  /**
   * Asks for what was not said yet, and writes the file.
   *
   * @param before what the command line says
   * @return exit code
   */
  int run(Settings before, String name) throws IOException, InterruptedException {
    said.putAll(before.values());
    var file = file(name);
    if (Files.exists(file) && !yes(name + " is there already. Overwrite it?")) {
      out.println("Nothing was written.");
      return NOTHING_WRITTEN;
    }
    askRequest();
    var calm = tried();
    calm.ifPresent(bench -> tell(Sightings.describe(bench)));
    if (calm.isEmpty() && !yes("Write the file all the same?")) {
      out.println("Nothing was written.");
      return NOTHING_WRITTEN;
    }
    if (calm.isPresent()) {
      askEnding(calm.get());
    }
    askVerification();
    var kept = Kept.of(said);
    try {
      Files.writeString(file, new CheckFileText(kept.values()).toString());
    } catch (IOException e) {
      throw new UsageException(name + " cannot be written: " + e);
    }
    out.println("\nWrote " + name + ". Now run:\n\n  lastword check -f " + word(name) + "\n");
    if (!kept.variables().isEmpty()) {
      out.println(
          "No secret stands in it: set "
              + String.join(", ", kept.variables())
              + " in the environment before.");
    }
    if (kept.secretCommands()) {
      out.println("A command in it has a secret: take that from the environment, as $NAME.");
    }
    return 0;
  }

  /** The file, if its folder is there: nobody answers for nothing. */
  private static Path file(String name) {
    try {
      var file = Path.of(name);
      var folder = file.toAbsolutePath().getParent();
      if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(file)) {
        throw new UsageException(name + " cannot be written: its folder is not there");
      }
      return file;
    } catch (InvalidPathException e) {
      throw new UsageException("--init '" + name + "' is no file name");
    }
  }

  /** A text as one word of a shell. */
  private static String word(String text) {
    return text.matches("[A-Za-z0-9_./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  private void askRequest() throws IOException {
    while (!isAddress(Settings.last(said, CheckFile.URL))) {
      said.put(CheckFile.URL, List.of(ask("URL of the endpoint that streams:", "")));
    }
    if (!said.containsKey(Flags.DATA.flag())) {
      out.println("Body of the request. {{run}} is another word in each run; '-' sends a GET.");
      var body = ask("Body:", USUAL_BODY);
      if (!body.equals("-")) {
        said.put(Flags.DATA.flag(), List.of(body));
      }
    }
    var usual = said.containsKey(Flags.DATA.flag()) ? "POST" : "GET";
    if (!said.containsKey(Flags.METHOD.flag())) {
      said.put(Flags.METHOD.flag(), List.of(ask("Method:", usual)));
    }
    if (!said.containsKey(Flags.HEADER.flag())) {
      askHeaders();
    }
  }

  private static boolean isAddress(String text) {
    return text.matches("https?://[^/].*");
  }

  private void askHeaders() throws IOException {
    out.println(
        "Headers it needs, such as 'authorization: Bearer ${API_KEY}'; an empty line ends.");
    out.println("${NAME} is taken from the environment, so that no secret gets into the file.");
    var lines = new ArrayList<String>();
    for (var line = ask("Header:", ""); !line.isEmpty(); line = ask("Header:", "")) {
      if (line.indexOf(':') > 0) {
        lines.add(line);
      } else {
        out.println("That is not 'name: value'.");
      }
    }
    if (!lines.isEmpty()) {
      said.put(Flags.HEADER.flag(), List.copyOf(lines));
    }
  }

  /** Shows what is taken for the end, and asks where no name of it says so. */
  private void askEnding(Bench bench) throws IOException, InterruptedException {
    if (!bench.facts().guessed() || said.containsKey(Flags.TERMINAL.flag())) {
      return;
    }
    tell("\nThe answer seems to be over at: " + bench.facts().ending() + ". Press enter if it is;");
    out.println("or name the event at which it is: event:TYPE, data:TEXT or json:/pointer=value.");
    while (true) {
      var rule = ask("Over at:", "");
      if (rule.isEmpty()) {
        said.remove(Flags.TERMINAL.flag());
        return;
      }
      said.put(Flags.TERMINAL.flag(), List.of(rule));
      var told = tried();
      if (told.isPresent()) {
        tell("End: " + told.get().facts().ending() + ".");
        return;
      }
    }
  }

  private void askVerification() throws IOException, InterruptedException {
    if (said.containsKey(Flags.VERIFY.flag()) || said.containsKey(Flags.VERIFY_COMMAND.flag())) {
      return;
    }
    out.println("\nWhere is an answer found once it is saved? A URL, or '!' and a shell command;");
    out.println("an empty line leaves it open, and then only the form of the stream is checked.");
    while (true) {
      var where = ask("Saved at:", "");
      said.remove(Flags.VERIFY.flag());
      said.remove(Flags.VERIFY_COMMAND.flag());
      if (where.isEmpty()) {
        return;
      }
      if (where.startsWith("!")) {
        said.put(Flags.VERIFY_COMMAND.flag(), List.of(where.substring(1).strip()));
      } else {
        said.put(Flags.VERIFY.flag(), List.of(where));
      }
      var looked = tried();
      looked.ifPresent(bench -> tell(bench.found()));
      if (looked.filter(Bench::findsTheAnswer).isPresent() || yes("Keep it all the same?")) {
        return;
      }
    }
  }

  /** Makes one calm run of what was said; empty if that does not work, which is told. */
  private Optional<Bench> tried() throws InterruptedException {
    out.println("\nTrying ...");
    try {
      var text = new CheckFileText(said).toString();
      var settings = CheckFile.parse(text, USUAL_FILE, System.getenv());
      var plan = new Plans(settings, settings.get(CheckFile.URL, "")).plan();
      return Optional.of(Bench.open(plan, readers.apply(settings), what -> {}));
    } catch (CannotCheckException | UsageException e) {
      tell("That does not work: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Says what an endpoint may have said. */
  private void tell(String text) {
    out.println(Terminal.shown(text));
  }

  private boolean yes(String question) throws IOException {
    return ask(question + " [y/N]", "").toLowerCase(Locale.ROOT).startsWith("y");
  }

  /** What a person says; what is usual, if it is nothing. */
  private String ask(String question, String usual) throws IOException {
    out.print(question + (usual.isEmpty() ? " " : " [" + usual + "] "));
    out.flush();
    var line =
        Optional.ofNullable(in.readLine())
            .orElseThrow(() -> new UsageException("the input ended; nothing was written"))
            .strip();
    if (!echoed) {
      out.println(line); // a pipe shows no answer, and ends no line
    }
    return line.isEmpty() ? usual : line;
  }
}
