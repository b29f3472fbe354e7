package dev.lastword.gateway;

import dev.lastword.journal.JournalInspector;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lastword inspect}: prints a journal, also a damaged one, without changing it. */
@Command(
    name = "inspect",
    description =
        "Prints a journal, also a damaged one, without changing it. Exits with 1 if it would not open.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "DIR",
      description = "A data directory, the journal in it, or one segment's file.")
  private Path path = Path.of("");

  @Option(
      names = "--content",
      description = "Prints events and what was written down of requests, too: conversations.")
  private boolean content;

  @Override
  public Integer call() throws IOException {
    var journal = Files.isDirectory(path.resolve("journal")) ? path.resolve("journal") : path;
    if (!Files.exists(journal)) {
      throw new ConfigException("there is no " + path);
    }
    var out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
    try {
      return JournalInspector.print(journal, out, content) ? 0 : 1;
    } catch (IOException e) {
      throw new ConfigException("cannot read " + journal + ": " + e.getMessage());
    } finally {
      out.flush();
    }
  }
}
