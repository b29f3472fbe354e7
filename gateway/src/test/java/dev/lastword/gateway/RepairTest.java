package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** Answers of a segment's length, so that the journal lets go of some. */
  private Path trimmed(ScriptedUpstream upstream, Path older) throws Exception {
    var data = folder.resolve("d");
    upstream.on(CHAT, x -> x.stream().delta("k".repeat(600_000)).finish().data("[DONE]").end());
    try (var gateway =
        TestGateway.start(data, upstream.url(), Map.of(Setting.SEGMENT_BYTES, "1048576"))) {
      gateway.post(CHAT, "{}", "Lastword-Stream", "a-stream-that-is-kept");
      awaitArchived(gateway);
      copyOf(data.resolve("archive.db"), older);
      for (int i = 0; Files.exists(data.resolve("journal/0000000001.journal")); i++) {
        assertThat(i).isLessThan(20);
        gateway.post(CHAT, "{}", "Lastword-Stream", "a-stream-that-is-lost-" + i);
        awaitArchived(gateway);
      }
    }
    return data;
  }

  private static void awaitArchived(TestGateway gateway) {
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> gateway.get("/metrics").body().contains("lastword_streams_unarchived 0"));
  }

  private static void copyOf(Path archive, Path copy) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + archive);
        var statement = connection.createStatement()) {
      statement.execute("VACUUM INTO '" + copy + "'");
    }
  }

  private static void replace(Path data, Path archive) throws IOException {
    Files.deleteIfExists(data.resolve("archive.db-wal"));
    Files.deleteIfExists(data.resolve("archive.db-shm"));
    Files.copy(archive, data.resolve("archive.db"), StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void givenAnOlderCopyOfTheArchive_whenStarted_thenItIsRefused_andWhenRepairedItStarts()
      throws Exception {
    try (var upstream = ScriptedUpstream.start()) {
      var older = folder.resolve("older.db");
      var data = trimmed(upstream, older);
      replace(data, older);

      assertThatThrownBy(() -> TestGateway.start(data, upstream))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("older copy")
          .hasMessageContaining("lastword repair");
      assertThat(repair(data.toString())).isEqualTo(1);
      assertThat(said()).contains("would let the archive go on at the journal's oldest entry");
      assertThat(repair("--apply", data.toString())).isZero();
      assertThat(repair(data.toString())).isZero();
      try (var gateway = TestGateway.start(data, upstream)) {
        assertThat(text(gateway, "a-stream-that-is-kept")).startsWith("kkk");
        gateway.restart();
        assertThat(text(gateway, "a-stream-that-is-kept")).startsWith("kkk");
      }
    }
  }

  /** A row that is gone, one that is damaged, and an archive that is gone. */
  @ParameterizedTest
  @ValueSource(strings = {"DELETE FROM checkpoint", "UPDATE checkpoint SET position = 9", ""})
  void givenAnArchiveThatSaysNothingOfItsJournal_whenRepaired_thenItBeginsAtTheOldestEntry(
      String change) throws Exception {
    try (var upstream = ScriptedUpstream.start()) {
      var data = trimmed(upstream, folder.resolve("older.db"));
      if (change.isEmpty()) {
        Files.delete(data.resolve("archive.db"));
      } else {
        change(data, change);
      }

      assertThatThrownBy(() -> TestGateway.start(data, upstream))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("does not say how far")
          .hasMessageContaining("lastword repair");
      assertThat(repair("--apply", data.toString())).isZero();
      try (var gateway = TestGateway.start(data, upstream)) {
        assertThat(gateway.get("/v1/stream/a-stream-that-is-kept").statusCode())
            .isEqualTo(change.isEmpty() ? 404 : 200);
        gateway.post(CHAT, "{}", "Lastword-Stream", "a-stream-that-is-new");
        gateway.restart();
        assertThat(text(gateway, "a-stream-that-is-new")).startsWith("kkk");
      }
    }
  }

  /** What the format's documentation offers, by hand. */
  @Test
  void givenAJournalThatHasLetGo_whenTheArchiveIsToldByHandToReadItAnew_thenItStarts()
      throws Exception {
    try (var upstream = ScriptedUpstream.start()) {
      var data = trimmed(upstream, folder.resolve("older.db"));
      change(data, "UPDATE checkpoint SET position = 0, journal = NULL, crc = NULL");

      try (var gateway = TestGateway.start(data, upstream)) {
        assertThat(text(gateway, "a-stream-that-is-kept")).startsWith("kkk");
      }
    }
  }

  private static void change(Path data, String sql) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("archive.db"));
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
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
              "INSERT INTO checkpoint VALUES (1, " + position + ", '" + journal + "', NULL)",
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
