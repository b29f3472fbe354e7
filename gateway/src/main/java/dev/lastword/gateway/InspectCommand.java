package dev.lastword.gateway;

import dev.lastword.cli.Command;
import dev.lastword.journal.JournalInspector;
import dev.lastword.journal.kafka.KafkaJournal;
import dev.lastword.journal.kafka.KafkaPartition;
import dev.lastword.journal.postgresql.PostgresJournal;
import dev.lastword.journal.postgresql.PostgresServer;
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
        + " open. DIR is a data directory, the journal in it, one segment's file, or the URL"
        + " of a database or a topic that a journal is in, jdbc:postgresql://… or kafka://…,"
        + " whose user and password may stand in "
        + Setting.JOURNAL_USER.variable()
        + " and "
        + Setting.JOURNAL_PASSWORD.variable()
        + ".";
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
    var place = line.getArgList().getFirst();
    if (place.startsWith(PostgresServer.SCHEME)) {
      var server = server(place);
      return printed(server.toString(), out -> printDatabase(server, out, line.hasOption(CONTENT)));
    }
    if (place.startsWith(KafkaPartition.SCHEME)) {
      var partition = partition(place);
      return printed(
          partition.toString(), out -> KafkaJournal.print(partition, out, line.hasOption(CONTENT)));
    }
    var path = Path.of(place);
    var journal = Files.isDirectory(path.resolve("journal")) ? path.resolve("journal") : path;
    if (!Files.exists(journal)) {
      throw new ConfigException("there is no " + path);
    }
    return printed(
        journal.toString(), out -> JournalInspector.print(journal, out, line.hasOption(CONTENT)));
  }

  private static boolean printDatabase(PostgresServer server, Appendable out, boolean content)
      throws IOException {
    return PostgresJournal.print(new PostgresJournal.Options(server), out, content);
  }

  private static PostgresServer server(String url) {
    try {
      return new PostgresServer(
          url, variable(Setting.JOURNAL_USER), variable(Setting.JOURNAL_PASSWORD));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("" + e.getMessage());
    }
  }

  private static KafkaPartition partition(String url) {
    try {
      return KafkaPartition.parse(
          url, variable(Setting.JOURNAL_USER), variable(Setting.JOURNAL_PASSWORD));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("" + e.getMessage());
    }
  }

  private static String variable(Setting setting) {
    return System.getenv().getOrDefault(setting.variable(), "");
  }

  /** Prints one journal; says whether it is sound. */
  @FunctionalInterface
  private interface Printing {
    boolean to(Appendable out) throws IOException;
  }

  private static int printed(String place, Printing printing) throws IOException {
    var out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
    try {
      return printing.to(out) ? 0 : 1;
    } catch (IOException e) {
      throw new ConfigException("cannot read " + place + ": " + e.getMessage());
    } finally {
      out.flush();
    }
  }
}
