package dev.lastword.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A MariaDB of the machine's, in a folder of its own. Its driver is whoever's starts it. Its clock
 * is not in UTC, as that of most is not.
 */
public final class MariaDbServer implements AutoCloseable {
  /** Where it is not, tests that want it say this. */
  public static final String MISSING =
      "needs mariadbd and mariadb-install-db, of Debian's mariadb-server";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final List<String> FOLDERS =
      List.of("/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/opt/homebrew/bin");

  private final Process server;
  private final String address;

  private MariaDbServer(Process server, String address) {
    this.server = server;
    this.address = address;
  }

  /** Empty where the machine has none. */
  public static Optional<MariaDbServer> start(Path dir) throws IOException, InterruptedException {
    var program = program("mariadbd");
    var installer = program("mariadb-install-db");
    if (program.isEmpty() || installer.isEmpty()) {
      return Optional.empty();
    }
    var data = dir.resolve("data");
    run(
        dir,
        installer.get(),
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--user=" + System.getProperty("user.name"),
        "--datadir=" + data);
    int port = freePort();
    var process =
        new ProcessBuilder(
                program.get(),
                "--no-defaults",
                "--user=" + System.getProperty("user.name"),
                "--datadir=" + data,
                "--socket=" + dir.resolve("s"),
                "--pid-file=" + dir.resolve("pid"),
                "--bind-address=127.0.0.1",
                "--port=" + port,
                "--default-time-zone=+05:00",
                "--innodb-flush-log-at-trx-commit=0")
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("log").toFile())
            .start();
    var server = new MariaDbServer(process, "jdbc:mariadb://127.0.0.1:" + port);
    server.awaitReady(dir.resolve("log"));
    return Optional.of(server);
  }

  private static Optional<String> program(String name) {
    return Stream.concat(Stream.of(System.getenv("PATH").split(":")), FOLDERS.stream())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  private static void run(Path dir, String... command) throws IOException, InterruptedException {
    var log = dir.resolve("install.log");
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(Files.readString(log));
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady(Path log) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (var connection = DriverManager.getConnection(address + "/?user=root");
          var statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE app");
        return;
      } catch (SQLException e) {
        if (!server.isAlive() || System.nanoTime() > deadline) {
          close();
          throw new IllegalStateException(Files.readString(log), e);
        }
        Thread.sleep(100);
      }
    }
  }

  /** Where its database is, for whoever may do anything there. */
  public String url() {
    return address + "/app?user=root";
  }

  /**
   * The same.
   *
   * @param parameters of the address, such as {@code useAffectedRows=true}
   */
  public String url(String parameters) {
    return url() + "&" + parameters;
  }

  @Override
  public void close() {
    server.destroy();
    try {
      if (server.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.destroyForcibly();
  }
}
