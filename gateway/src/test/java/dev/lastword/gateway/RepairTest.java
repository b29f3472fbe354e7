package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.cli.Commands;
import dev.lastword.cli.UsageException;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.JournalId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lastword repair}: shows first, does it when told, and a start works afterwards. */
class RepairTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path folder;
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  private int repair(String... args) throws IOException, InterruptedException {
    printed.reset();
    var out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    var command = new String[args.length + 1];
    command[0] = "repair";
    System.arraycopy(args, 0, command, 1, args.length);
    return new Commands(List.of(new RepairCommand(out)), out, out).run(command);
  }

  private String said() {
    return printed.toString(StandardCharsets.UTF_8);
  }

  /** A data directory with an answer in its archive. */
  private Path used(ScriptedUpstream upstream, String stream) throws Exception {
    var data = folder.resolve("d");
    try (var gateway = TestGateway.start(data, upstream)) {
      upstream.on(CHAT, x -> x.stream().delta("kept").finish().data("[DONE]").end());
      gateway.post(CHAT, "{}", "Lastword-Stream", stream);
    }
    return data;
  }

  @Test
  void givenASoundDirectory_whenRepaired_thenThereIsNothingToDo() throws Exception {
    try (var upstream = ScriptedUpstream.start()) {
      var data = used(upstream, "a-stream-that-is-kept");
      assertThat(repair(data.toString())).isZero();
      assertThat(said()).isEqualTo("nothing to do\n");
      assertThat(repair(data.resolve("journal").toString())).isZero();
    }
  }

  @Test
  void givenADamagedHeader_whenStarted_thenItIsOneLine_andWhenRepairedItStarts() throws Exception {
    try (var upstream = ScriptedUpstream.start()) {
      var data = used(upstream, "a-stream-that-is-kept");
      var segment = data.resolve("journal/0000000001.journal");
      var bytes = Files.readAllBytes(segment);
      bytes[20] ^= 1;
      Files.write(segment, bytes);

      assertThatThrownBy(() -> TestGateway.start(data, upstream))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("0000000001.journal has a damaged header")
          .hasMessageContaining("lastword repair");
      assertThat(repair(data.toString())).isEqualTo(1);
      assertThat(said())
          .contains("would write the header of 0000000001.journal again")
          .contains("nothing was changed");
      assertThat(Files.readAllBytes(segment)).isEqualTo(bytes);

      assertThat(repair("--apply", data.toString())).isZero();
      assertThat(said()).contains("what went is in").endsWith("done\n");
      try (var gateway = TestGateway.start(data, upstream)) {
        assertThat(text(gateway, "a-stream-that-is-kept")).isEqualTo("kept");
      }
    }
  }

  @Test
  void givenTheJournalIsLostBesideItsArchive_whenRepaired_thenOldAnswersAndNewOnesAreKept()
      throws Exception {
    try (var upstream = ScriptedUpstream.start()) {
      var data = used(upstream, "a-stream-that-is-kept");
      var followed = ArchiveCheckpoint.read(data.resolve("archive.db")).orElseThrow();
      delete(data.resolve("journal"));

      assertThat(repair(data.toString())).isEqualTo(1);
      assertThat(said()).contains("the archive has followed the journal to");
      assertThat(data.resolve("journal")).doesNotExist();
      assertThat(repair("--apply", data.toString())).isZero();
      assertThat(repair(data.toString())).isZero();

      try (var gateway = TestGateway.start(data, upstream)) {
        assertThat(text(gateway, "a-stream-that-is-kept")).isEqualTo("kept");
        gateway.post(CHAT, "{}", "Lastword-Stream", "a-stream-that-is-new");
        gateway.restart();
        assertThat(text(gateway, "a-stream-that-is-new")).isEqualTo("kept");
      }
      var follows = ArchiveCheckpoint.read(data.resolve("archive.db")).orElseThrow();
      assertThat(follows.position()).isGreaterThan(followed.position());
      assertThat(follows.epoch()).isGreaterThan(followed.epoch());
    }
  }

  @Test
  void givenAnArchiveOfAnotherJournal_whenRepaired_thenItFollowsThisOneFromItsBeginning()
      throws Exception {
    var data = folder.resolve("d");
    JournalId id;
    try (var journal = FileJournal.open(data.resolve("journal"), FileJournal.Options.DEFAULT)) {
      id = journal.id();
    }
    var other = new JournalId(-1, 7);
    archive(data.resolve("archive.db"), 5L << 32, other);

    assertThat(repair(data.toString())).isEqualTo(1);
    assertThat(said()).contains(id.toString()).contains(other.toString());
    assertThat(repair("--apply", data.toString())).isZero();

    var follows = ArchiveCheckpoint.read(data.resolve("archive.db")).orElseThrow();
    assertThat(follows.journal()).isNull();
    assertThat(follows.position()).isZero();
    assertThat(follows.timeMs()).as("its age counts from now").isBetween(1L, 60_000L);
    assertThat(repair(data.toString())).isZero();
  }

  /** An archive as far as a repair looks at it. */
  private static void archive(Path file, long position, JournalId journal) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = connection.createStatement()) {
      for (var sql :
          List.of(
              "CREATE TABLE checkpoint (one INTEGER, position INTEGER, journal TEXT, crc INTEGER)",
              "CREATE TABLE streams (id TEXT, epochs TEXT, opened_at INTEGER, up_to INTEGER,"
                  + " complete_time_ms INTEGER, crc INTEGER)",
              "CREATE TABLE deleted (id TEXT)",
              "INSERT INTO checkpoint VALUES (1, " + position + ", '" + journal + "', 5)",
              "INSERT INTO streams VALUES"
                  + " ('a', '[{\"epoch\":3,\"first_seq\":1}]', 77, 88, 1000000, 9)",
              "INSERT INTO deleted VALUES ('b')")) {
        statement.execute(sql);
      }
    }
  }

  @Test
  void givenNothingThere_orARunningGateway_whenRepaired_thenItIsOneLineAndExitCode2()
      throws Exception {
    assertThat(repair(folder.resolve("none").toString())).isEqualTo(2);
    assertThat(said().lines()).hasSize(1);
    try (var upstream = ScriptedUpstream.start();
        var gateway = TestGateway.start(folder.resolve("d"), upstream)) {
      assertThat(gateway.get("/healthz").statusCode()).isEqualTo(200);
      assertThat(repair("--apply", folder.resolve("d").toString())).isEqualTo(2);
      assertThat(said().lines()).hasSize(1).first().asString().contains("already open");
    }
  }

  @Test
  void givenAnArchiveThatIsNone_whenRepaired_thenItIsOneLineAndExitCode2() throws Exception {
    var data = folder.resolve("d");
    Files.createDirectories(data);
    Files.writeString(data.resolve("archive.db"), "this is no database ".repeat(100));
    assertThat(repair(data.toString())).isEqualTo(2);
    assertThat(said().lines()).hasSize(1);
  }

  private static String text(TestGateway gateway, String stream) throws Exception {
    return gateway.json("/api/streams/" + stream + "/response").get("text").asString();
  }

  private static void delete(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, IOException failure)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
