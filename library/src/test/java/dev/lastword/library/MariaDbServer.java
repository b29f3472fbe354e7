package dev.lastword.library;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.mariadb.jdbc.MariaDbDataSource;

/** A MariaDB of the machine's, in a folder of its own. */
final class MariaDbServer implements AutoCloseable {
  /** Where it is not, tests that want it say this. */
  static final String MISSING = "needs mariadbd and mariadb-install-db, of Debian's mariadb-server";

  private static final List<String> FOLDERS =
      List.of("/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/opt/homebrew/bin");

  private final Process server;
  private final String url;

  private MariaDbServer(Process server, String url) {
    this.server = server;
    this.url = url;
  }

  /** Empty where the machine has none. */
  static Optional<MariaDbServer> start(Path dir) throws Exception {
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
                "--innodb-flush-log-at-trx-commit=0")
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("log").toFile())
            .start();
    var server = new MariaDbServer(process, "jdbc:mariadb://127.0.0.1:" + port + "/app?user=root&");
    server.awaitReady(dir.resolve("log"), port);
    return Optional.of(server);
  }

  private static Optional<String> program(String name) {
    return Stream.concat(Stream.of(System.getenv("PATH").split(":")), FOLDERS.stream())
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  private static void run(Path dir, String... command) throws Exception {
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

  private void awaitReady(Path log, int port) throws Exception {
    var first = new MariaDbDataSource("jdbc:mariadb://127.0.0.1:" + port + "/?user=root");
    long deadline = System.nanoTime() + Rig.PATIENCE.toNanos();
    while (true) {
      try (var connection = first.getConnection();
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

  /**
   * @param parameters of the address, such as {@code useAffectedRows=true}
   */
  MariaDbDataSource source(String parameters) throws SQLException {
    return new MariaDbDataSource(url + parameters);
  }

  String url() {
    return url;
  }

  @Override
  public void close() {
    server.destroy();
    try {
      if (server.waitFor(60, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.destroyForcibly();
  }
}
