package dev.lastword.gateway.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL server of the demo's own, of the programs that are installed, with its data in a
 * folder of ours. Nothing of a server that runs here already is touched.
 */
public final class DemoPostgres implements AutoCloseable {
  private static final String USER = "lastword";
  private static final long START_MS = 60_000;
  private static final long LOOK_MS = 200;
  private static final long STOP_SECONDS = 20;

  private final Process process;
  private final String url;

  private DemoPostgres(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  /**
   * Starts a server, and makes its data unless they are there.
   *
   * @param folder for it alone
   * @throws IOException with one sentence for a person if there is none that could be started
   */
  public static DemoPostgres start(Path folder) throws IOException {
    var programs = programs();
    Files.createDirectories(folder);
    var data = folder.resolve("data").toAbsolutePath();
    var log = folder.resolve("postgres.log").toFile();
    if (!Files.exists(data.resolve("PG_VERSION"))) {
      var made =
          new ProcessBuilder(
                  unprivileged(
                      programs.resolve("initdb").toString(),
                      "-D",
                      data.toString(),
                      "-U",
                      USER,
                      "-A",
                      "trust",
                      "-E",
                      "UTF8"))
              .redirectErrorStream(true)
              .redirectOutput(log)
              .start();
      if (exit(made) != 0) {
        throw new IOException("PostgreSQL's initdb failed: " + lastLine(log.toPath()));
      }
    }
    int port = freePort();
    var process =
        new ProcessBuilder(
                unprivileged(
                    programs.resolve("postgres").toString(),
                    "-D",
                    data.toString(),
                    "-p",
                    Integer.toString(port),
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    "unix_socket_directories="))
            .redirectErrorStream(true)
            .redirectOutput(log)
            .start();
    var url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=" + USER;
    var server = new DemoPostgres(process, url);
    server.awaitReady(log.toPath());
    return server;
  }

  /** Where it is; on loopback everybody may. */
  public String url() {
    return url;
  }

  /** The folder of the newest programs there are. */
  private static Path programs() throws IOException {
    var folders = new ArrayList<Path>();
    for (var folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      folders.add(Path.of(folder));
    }
    for (var root : List.of("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt")) {
      if (Files.isDirectory(Path.of(root))) {
        try (Stream<Path> versions = Files.list(Path.of(root))) {
          versions
              .sorted(Comparator.reverseOrder())
              .forEach(version -> folders.add(version.resolve("bin")));
        }
      }
    }
    Optional<Path> found =
        folders.stream()
            .filter(folder -> Files.isExecutable(folder.resolve("initdb")))
            .filter(folder -> Files.isExecutable(folder.resolve("postgres")))
            .findFirst();
    return found.orElseThrow(
        () ->
            new IOException(
                "no PostgreSQL is installed here (initdb and postgres on the PATH); name a server by"
                    + " --set journal.url=jdbc:postgresql://…"));
  }

  /** PostgreSQL refuses to run as root: there it is somebody else to itself. */
  private static List<String> unprivileged(String... command) {
    var whole = new ArrayList<String>();
    if (System.getProperty("user.name").equals("root")) {
      whole.addAll(List.of("unshare", "-U"));
    }
    whole.addAll(List.of(command));
    return whole;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady(Path log) throws IOException {
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MS);
    while (true) {
      try (var _ = DriverManager.getConnection(url)) {
        return;
      } catch (SQLException e) {
        if (!process.isAlive() || System.nanoTime() - until > 0) {
          close();
          throw new IOException("PostgreSQL did not start: " + lastLine(log), e);
        }
      }
      pause();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(LOOK_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while PostgreSQL started", e);
    }
  }

  private static int exit(Process process) throws IOException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while PostgreSQL was made", e);
    }
  }

  private static String lastLine(Path log) throws IOException {
    return Files.readString(log, UTF_8).lines().reduce("", (_, line) -> line);
  }

  /** Asks it to end, and waits. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
