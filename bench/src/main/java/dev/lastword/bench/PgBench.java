package dev.lastword.bench;

import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * PostgreSQL's own benchmark: one client that inserts rows of a flush's size, each committed by
 * itself. What the server can do at the best, with nothing of ours around it.
 */
final class PgBench {
  private static final String TABLE = "lastword_bench_commits";
  private static final Path PACKAGES = Path.of("/usr/lib/postgresql");

  private final Path program;
  private final String url;

  private PgBench(Path program, String url) {
    this.program = program;
    this.url = url;
  }

  /**
   * Its commits.
   *
   * @param perSecond of one client, one after the other
   */
  record Commits(double perSecond, double p50Ms, double p99Ms) {}

  /** Where the program is installed and the URL names one server. */
  static Optional<PgBench> find(String url) throws IOException {
    if (!url.startsWith("jdbc:postgresql://") || url.contains(",")) {
      return Optional.empty();
    }
    var folders = new ArrayList<Path>();
    for (var folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      folders.add(Path.of(folder));
    }
    if (Files.isDirectory(PACKAGES)) {
      try (Stream<Path> versions = Files.list(PACKAGES)) {
        versions
            .sorted(Comparator.reverseOrder())
            .forEach(version -> folders.add(version.resolve("bin")));
      }
    }
    return folders.stream()
        .map(folder -> folder.resolve("pgbench"))
        .filter(Files::isExecutable)
        .findFirst()
        .map(program -> new PgBench(program, url));
  }

  /**
   * Runs it.
   *
   * @param bytes of a row
   * @throws IOException if it fails, with what it has printed
   */
  Commits run(int bytes, int seconds) throws IOException, InterruptedException, SQLException {
    var dir = Files.createTempDirectory("lastword-pgbench-");
    try (var connection = DriverManager.getConnection(url);
        var statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS " + TABLE);
      statement.execute(
          "CREATE TABLE "
              + TABLE
              + " (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, bytes bytea)");
      statement.execute("ALTER TABLE " + TABLE + " ALTER bytes SET STORAGE EXTERNAL");
      try {
        return run(dir, bytes, seconds);
      } finally {
        statement.execute("DROP TABLE " + TABLE);
      }
    } finally {
      LoadRig.deleteAll(dir);
    }
  }

  private Commits run(Path dir, int bytes, int seconds) throws IOException, InterruptedException {
    var script = dir.resolve("insert.sql");
    Files.writeString(
        script,
        "INSERT INTO %s (bytes) VALUES (convert_to(repeat('x', %d), 'UTF8'));%n"
            .formatted(TABLE, bytes));
    var output = dir.resolve("output");
    var command =
        new ArrayList<>(List.of(program.toString(), "-n", "-M", "prepared", "-c", "1", "-l"));
    command.addAll(List.of("--log-prefix=" + dir.resolve("log"), "-f", script.toString()));
    command.addAll(List.of("-T", Integer.toString(seconds)));
    var builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    connect(builder);
    int code = builder.start().waitFor();
    if (code != 0) {
      throw new IOException("pgbench ended with " + code + ": " + Files.readString(output));
    }
    return commits(dir, seconds);
  }

  /** Each line of its log has the client, the transaction and its microseconds. */
  private static Commits commits(Path dir, int seconds) throws IOException {
    var micros = new ArrayList<Long>();
    try (var files = Files.list(dir)) {
      for (var file : files.filter(PgBench::isLog).toList()) {
        for (var line : Files.readAllLines(file)) {
          micros.add(Long.parseLong(line.split(" ", -1)[2]));
        }
      }
    }
    if (micros.isEmpty()) {
      throw new IOException("pgbench has committed nothing in " + seconds + " s");
    }
    var sorted = micros.stream().sorted().toList();
    return new Commits(
        (double) sorted.size() / seconds,
        sorted.get(sorted.size() / 2) / 1e3,
        sorted.get((int) (0.99 * (sorted.size() - 1))) / 1e3);
  }

  private static boolean isLog(Path file) {
    return file.getFileName().toString().startsWith("log.");
  }

  /** As the URL says, by the variables that PostgreSQL's own programs read. */
  private void connect(ProcessBuilder builder) {
    var uri = URI.create(url.substring("jdbc:".length()).replaceAll("\\?.*", ""));
    var environment = builder.environment();
    environment.put("PGHOST", Optional.ofNullable(uri.getHost()).orElse("localhost"));
    environment.put("PGPORT", Integer.toString(uri.getPort() < 0 ? 5432 : uri.getPort()));
    environment.put("PGDATABASE", uri.getPath().substring(1));
    parameter("user").ifPresent(user -> environment.put("PGUSER", user));
    parameter("password").ifPresent(password -> environment.put("PGPASSWORD", password));
    parameter("currentSchema")
        .ifPresent(schema -> environment.put("PGOPTIONS", "-c search_path=" + schema));
  }

  private Optional<String> parameter(String name) {
    int query = url.indexOf('?');
    return Arrays.stream(query < 0 ? new String[0] : url.substring(query + 1).split("&", -1))
        .filter(
            parameter ->
                parameter.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + "="))
        .map(parameter -> parameter.substring(name.length() + 1))
        .map(value -> URLDecoder.decode(value, StandardCharsets.UTF_8))
        .findFirst();
  }
}
