package dev.lastword.gateway;

import dev.lastword.cli.Command;
import dev.lastword.journal.JournalInspector;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code lastword inspect}: prints a journal, also a damaged one, without changing it. */
final class InspectCommand implements Command {
  private static final String CONTENT = "content";

  @Override
  public String name() {
    return "inspect";
  }

  @Override
  public String summary() {
    return "Prints a journal, also a damaged one, without changing it. Exits with 1 if it would not"
        + " open. DIR is a data directory, the journal in it, or one segment's file.";
  }

  @Override
  public String argument() {
    return "DIR";
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(
            null,
            CONTENT,
            false,
            "Prints events and what was written down of requests, too: conversations.");
  }

  @Override
  public int run(CommandLine line) throws IOException {
    var path = Path.of(line.getArgList().getFirst());
    var journal = Files.isDirectory(path.resolve("journal")) ? path.resolve("journal") : path;
    if (!Files.exists(journal)) {
      throw new ConfigException("there is no " + path);
    }
    var out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
    try {
      return JournalInspector.print(journal, out, line.hasOption(CONTENT)) ? 0 : 1;
    } catch (IOException e) {
      throw new ConfigException("cannot read " + journal + ": " + e.getMessage());
    } finally {
      out.flush();
    }
  }
}
