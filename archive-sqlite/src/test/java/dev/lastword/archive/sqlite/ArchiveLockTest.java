package dev.lastword.archive.sqlite;

import static dev.lastword.testing.Deposits.batch;
import static dev.lastword.testing.Deposits.id;
import static dev.lastword.testing.Deposits.resting;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveBusyException;
import dev.lastword.archive.ArchiveFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Another program holds the archive's lock. */
@Timeout(60)
final class ArchiveLockTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  @TempDir Path dir;

  private Archive open(Duration lockWait) {
    return SqliteArchive.open(file(), new SqliteArchive.Options(0, lockWait));
  }

  private Path file() {
    return dir.resolve("archive.db");
  }

  @ParameterizedTest
  @ValueSource(strings = {"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"})
  void givenAShellInATransaction_whenStored_thenItSaysSoAndReadsAreServed(String begin)
      throws SQLException {
    try (var archive = open(Duration.ofMillis(100));
        var shell = shell(begin)) {
      assertThatThrownBy(() -> archive.store(batch(1, resting(1))))
          .isInstanceOf(ArchiveBusyException.class)
          .hasMessageContaining("archive.db: cannot store 1 streams")
          .hasMessageContaining("locked");
      assertThat(archive.find(id(1))).isEmpty();
      assertThat(archive.checkpoint()).isEmpty();

      end(shell);

      archive.store(batch(1, resting(1)));
      assertThat(archive.find(id(1))).isPresent();
    }
  }

  @Test
  void givenAShellInATransaction_whenItEnds_thenTheStoreThatWaitedGoesOn() throws Exception {
    try (var archive = open(LONG);
        var shell = shell("BEGIN IMMEDIATE")) {
      var stored = CompletableFuture.runAsync(() -> archive.store(batch(1, resting(1))));
      await().until(() -> isWaiting("lastword-archive-writer"));

      end(shell);

      stored.get();
      assertThat(archive.find(id(1))).isPresent();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"})
  void givenAnotherProcessWithTheLock_whenClosed_thenNobodyWaitsForIt(String begin)
      throws Exception {
    var archive = open(LONG);
    archive.store(batch(1, resting(1)));
    var other = LockingProcess.start(file(), begin);
    try {
      var stored = CompletableFuture.runAsync(() -> archive.store(batch(2, resting(2))));
      await().until(() -> isWaiting("lastword-archive-writer"));

      assertThat(millisOf(archive::close)).isLessThan(2_000);

      assertThatThrownBy(stored::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(ArchiveBusyException.class);
      assertThatThrownBy(() -> archive.find(id(1)))
          .isInstanceOf(ArchiveFailedException.class)
          .hasMessageContaining("closed");
    } finally {
      other.destroyForcibly().waitFor();
    }
    try (var again = open(LONG)) {
      assertThat(again.find(id(1))).isPresent();
      assertThat(again.find(id(2))).isEmpty();
    }
  }

  @Test
  void givenAShellInATransaction_whenOpened_thenItIsOpenAndReads() throws SQLException {
    try (var archive = open(LONG)) {
      archive.store(batch(1, resting(1)));
    }
    try (var shell = shell("BEGIN IMMEDIATE");
        var archive = open(Duration.ofMillis(100))) {
      assertThat(archive.find(id(1))).isPresent();
      end(shell);
      archive.store(batch(2, resting(2)));
    }
  }

  @Test
  void givenAnotherProcessWithTheLock_whenOpened_thenItSaysSo() throws Exception {
    open(LONG).close();
    var other = LockingProcess.start(file(), "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    try {
      assertThatThrownBy(() -> open(Duration.ofMillis(100)))
          .isInstanceOf(ArchiveBusyException.class)
          .hasMessageContaining("archive.db: cannot open")
          .hasMessageContaining("locked");
    } finally {
      other.destroyForcibly().waitFor();
    }
  }

  @Test
  void givenACallerThatIsInterrupted_whenItWaits_thenItWaitsNoMore() throws Exception {
    try (var archive = open(LONG);
        var shell = shell("BEGIN IMMEDIATE")) {
      var failure = new CompletableFuture<Throwable>();
      var caller =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      archive.store(batch(1, resting(1)));
                    } catch (ArchiveFailedException e) {
                      failure.complete(e);
                    }
                  });
      await().until(() -> isWaiting("lastword-archive-writer"));

      caller.interrupt();

      assertThat(failure.get()).hasMessageContaining("interrupted");
      end(shell);
    }
  }

  /** SQLite's native code holds the thread that it runs on; there are two carriers, or four. */
  @Test
  void givenManyVirtualThreadsThatWaitForTheLock_whenOthersRun_thenTheyAreNotHeldUp()
      throws Exception {
    try (var archive = open(LONG);
        var shell = shell("BEGIN IMMEDIATE");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 1; i <= 64; i++) {
        int number = i;
        threads.execute(() -> archive.store(batch(number, resting(number))));
      }
      await().until(() -> isWaiting("lastword-archive-writer"));
      var ran = new CountDownLatch(64);
      for (int i = 0; i < 64; i++) {
        threads.execute(ran::countDown);
      }

      assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
      end(shell);
    }
  }

  private static boolean isWaiting(String thread) {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(
            each -> each.getName().equals(thread) && each.getState() == Thread.State.TIMED_WAITING);
  }

  private static long millisOf(Runnable task) {
    long startedNanos = System.nanoTime();
    task.run();
    return (System.nanoTime() - startedNanos) / 1_000_000;
  }

  private Connection shell(String begin) throws SQLException {
    var shell = DriverManager.getConnection("jdbc:sqlite:" + file());
    try (var statement = shell.createStatement()) {
      statement.execute(begin);
      return shell;
    }
  }

  private static void end(Connection shell) throws SQLException {
    try (var statement = shell.createStatement()) {
      statement.execute("ROLLBACK");
    }
  }

  /** Holds a lock until it is killed. */
  static final class LockingProcess {
    private LockingProcess() {}

    static Process start(Path file, String sql) throws IOException {
      var process =
          ChildJvm.of(LockingProcess.class, file.toString(), sql)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      var said = process.inputReader(UTF_8).readLine();
      if (!"locked".equals(said)) {
        process.destroyForcibly();
        throw new IOException("it said " + said);
      }
      return process;
    }

    public static void main(String[] args) throws Exception {
      try (var connection = DriverManager.getConnection("jdbc:sqlite:" + args[0]);
          var statement = connection.createStatement()) {
        for (var sql : args[1].split(";")) {
          statement.execute(sql);
        }
        System.out.println("locked");
        System.in.read(); // ends with its parent
      }
    }
  }
}
