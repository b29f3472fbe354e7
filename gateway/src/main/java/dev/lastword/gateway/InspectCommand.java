package dev.lastword.gateway;

import dev.lastword.journal.JournalInspector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code lastword inspect}: prints a journal, also a damaged one, without changing it. */
@Command(
    name = "inspect",
    description =
        "Prints a journal, also a damaged one, without changing it. Exits with 1 if it is damaged.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DIR", description = "A data directory, or the journal in it.")
  private Path directory = Path.of("");

  @Override
  public Integer call() {
    var journal =
        Files.isDirectory(directory.resolve("journal")) ? directory.resolve("journal") : directory;
    if (!Files.isDirectory(journal)) {
      throw new ConfigException("there is no directory " + directory);
    }
    return JournalInspector.inspect(journal, System.out) ? 0 : 1;
  }
}
