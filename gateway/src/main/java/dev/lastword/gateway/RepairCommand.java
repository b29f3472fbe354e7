package dev.lastword.gateway;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.cli.Command;
import dev.lastword.journal.JournalFailedException;
import dev.lastword.journal.JournalRepair;
import dev.lastword.journal.kafka.KafkaPartition;
import dev.lastword.journal.postgresql.PostgresServer;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * {@code lastword repair}: says what keeps a data directory from starting and what would be done
 * about it, and does it when told.
 */
final class RepairCommand implements Command {
  private static final String APPLY = "apply";

  /** Something can be done and was not. */
  private static final int TO_DO = 1;

  private final PrintStream out;

  RepairCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "repair";
  }

  @Override
  public String summary() {
    return "Says what keeps a data directory, or the journal in it, from starting and what would be"
        + " done about it; exits with 1 if there is something. Nothing is changed without --apply.";
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
            APPLY,
            false,
            "Does it. What it takes away is kept beside the journal, in removed-….");
  }

  @Override
  public int run(CommandLine line) {
    var place = line.getArgList().getFirst();
    if (place.startsWith(PostgresServer.SCHEME) || place.startsWith(KafkaPartition.SCHEME)) {
      throw new ConfigException(
          "repair is for a data directory: what is in a database or in Kafka is theirs to restore,"
              + " and inspect prints it");
    }
    var path = Path.of(place);
    var archive = path.resolve("archive.db");
    var journal = path.resolve("journal");
    if (!Files.exists(path)) {
      throw new ConfigException("there is no " + path);
    }
    boolean whole = Files.exists(archive) || Files.exists(journal);
    try (var repair = JournalRepair.of(whole ? journal : path)) {
      return run(repair, whole ? Optional.of(archive) : Optional.empty(), line.hasOption(APPLY));
    } catch (JournalFailedException e) {
      throw new ConfigException("" + e.getMessage());
    } catch (SQLException | ArchiveFailedException e) {
      throw new ConfigException("cannot repair " + archive + ": " + e.getMessage());
    }
  }

  private int run(JournalRepair repair, Optional<Path> archive, boolean apply) throws SQLException {
    var join = Join.NONE;
    if (archive.isPresent()) {
      join = join(repair, ArchiveCheckpoint.read(archive.get()));
    }
    repair.notes().forEach(note -> out.println("note: " + note));
    var steps = new ArrayList<>(repair.steps());
    if (!join.step().isEmpty()) {
      steps.add(join.step());
    }
    if (steps.isEmpty()) {
      out.println("nothing to do");
      return 0;
    }
    if (!apply) {
      steps.forEach(step -> out.println("would " + step));
      out.println("nothing was changed; with --apply it is");
      return TO_DO;
    }
    steps.forEach(out::println);
    repair.apply(Instant.now()).ifPresent(kept -> out.println("what went is in " + kept));
    if (archive.isPresent()) {
      join.change().of(archive.get());
    }
    out.println("done");
    return 0;
  }

  /**
   * What is done to the archive, so that it and the journal are of one another.
   *
   * @param step what is said of it; {@code ""} where a step of the journal says it
   */
  private record Join(String step, Change change) {
    static final Join NONE = new Join("", archive -> {});

    /** Of an archive's file. */
    @FunctionalInterface
    interface Change {
      void of(Path archive) throws SQLException;
    }
  }

  private static Join join(JournalRepair repair, Optional<ArchiveCheckpoint> known) {
    if (known.isEmpty()) {
      return repair.isTrimmed()
          ? anew(repair, "it does not say how far it has followed which journal")
          : Join.NONE;
    }
    var checkpoint = known.get();
    var id = repair.id().orElse(null);
    if (repair.segments() > 0 && checkpoint.journal() != null && !checkpoint.journal().equals(id)) {
      return new Join(
          "let the archive follow this journal, %s, from its beginning: it has followed %s"
              .formatted(id == null ? "which has no id yet" : id, checkpoint.journal()),
          archive -> ArchiveCheckpoint.followAnother(archive, repair.timeMs()));
    }
    if (checkpoint.position() > repair.tail()) {
      repair.goOnBehind(
          checkpoint.position(), checkpoint.journal(), checkpoint.epoch(), checkpoint.timeMs());
      return checkpoint.position() < repair.oldest()
          ? new Join("", archive -> ArchiveCheckpoint.beginAnew(archive, repair.id()))
          : Join.NONE;
    }
    return checkpoint.position() != 0
            && repair.isTrimmed()
            && checkpoint.position() < repair.oldest()
        ? anew(repair, "it is an older copy, and what the journal has let go of since is lost")
        : Join.NONE;
  }

  private static Join anew(JournalRepair repair, String why) {
    return new Join(
        "let the archive go on at the journal's oldest entry: %s. Bring the right archive back instead if there is one"
            .formatted(why),
        archive -> ArchiveCheckpoint.beginAnew(archive, repair.id()));
  }
}
