package dev.lastword.bench;

import dev.lastword.journal.postgresql.PostgresServer;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/// Gateways that are one, with schemas of their own in a PostgreSQL that go with them.
final class NodeCluster implements AutoCloseable {
  private static final String SECRET = "what-the-nodes-of-a-benchmark-tell-each-other";
  private static final String MANY = "100000";
  private static final String SCHEMA = "lastword_bench_";

  private final LoadRig rig;
  private final String schema;
  private final Connection database;
  private final List<SystemUnderTest> nodes = new ArrayList<>();

  private NodeCluster(LoadRig rig, String url) throws SQLException {
    this.rig = rig;
    this.schema = SCHEMA + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    this.database = DriverManager.getConnection(url);
  }

  /// Starts them, one after the other, so that the first has the first shard.
  ///
  /// @param url of the database
  /// @param command what starts a gateway, as in [LoadOptions]
  /// @throws IllegalStateException if one does not start
  static NodeCluster start(LoadRig rig, String url, List<String> command, int count)
      throws IOException, InterruptedException, SQLException {
    var cluster = new NodeCluster(rig, url);
    try {
      PostgresServer.makeSchema(cluster.database, cluster.schema);
      var journal = new PostgresServer(url, "", "").inSchema(cluster.schema).url();
      for (int number = 1; number <= count; number++) {
        cluster.startNode(journal, command, number);
      }
      return cluster;
    } catch (IOException | InterruptedException | SQLException | RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private void startNode(String journal, List<String> command, int number)
      throws IOException, InterruptedException {
    int port = SystemUnderTest.freePort();
    var name = "node-" + number;
    var whole = new ArrayList<>(command);
    settings(name, port)
        .forEach((setting, value) -> whole.addAll(List.of("--set", setting + "=" + value)));
    var folder = rig.folder(name);
    var log = folder.resolve("log");
    var builder =
        SystemUnderTest.logged(
            SystemUnderTest.gatewayCommand(whole, rig.sourcePort(), port, folder.resolve("data")),
            log);
    builder.environment().put("LASTWORD_JOURNAL_URL", journal); // no list of processes shows it
    builder.environment().put("LASTWORD_NODE_SECRET", SECRET);
    var process = rig.children().start(builder);
    nodes.add(new SystemUnderTest(name, port, Optional.of(process), log));
    SystemUnderTest.awaitReady(process, port, log);
  }

  /// Everybody's streams are everybody's, so that the nodes need no keys in common; and no bound is
  /// met before that of the machine.
  private static Map<String, String> settings(String name, int port) {
    var settings = new LinkedHashMap<String, String>();
    settings.put("archive.url", "same");
    settings.put("node.address", "http://127.0.0.1:" + port);
    settings.put("node.name", name);
    settings.put("access.mode", "open");
    settings.put("limits.owner-starts-per-minute-max", "0");
    for (var bound :
        List.of(
            "limits.connections-max",
            "limits.owner-calls-max",
            "limits.owner-generations-max",
            "limits.owner-unattended-max",
            "relay.calls-max",
            "relay.unattended-max",
            "streams.generations-max")) {
      settings.put(bound, MANY);
    }
    return settings;
  }

  List<SystemUnderTest> nodes() {
    return nodes;
  }

  /// What all of them have used so far.
  long cpuMicros() throws IOException {
    long sum = 0;
    for (var node : nodes) {
      sum += node.usage().cpuMicros();
    }
    return sum;
  }

  /// What the server of the database has used so far; nothing where it is on another machine.
  Optional<Long> databaseMicros() throws IOException, SQLException {
    var server =
        ProcessHandle.of(Long.parseLong(text("SELECT pg_backend_pid()")))
            .filter(backend -> backend.info().command().orElse("").endsWith("/postgres"))
            .flatMap(ProcessHandle::parent);
    return server.isPresent()
        ? Optional.of(ProcessUsage.of(server.get().pid()).cpuMicros())
        : Optional.empty();
  }

  /// As `kill -9` does, and as soon as it is gone.
  void kill(SystemUnderTest node) throws InterruptedException {
    node.process().orElseThrow().destroyForcibly().waitFor();
  }

  /// The name of the node that has the first node's shard, and answers for it; `""` while nobody
  /// does.
  String ownerOfFirst() throws SQLException {
    return text(
        "SELECT coalesce(max(node), '') FROM %s.lastword_shards WHERE shard = 1 AND opened AND lease_until > clock_timestamp()"
            .formatted(schema));
  }

  /// How many streams of the first node's shard are archived with that outcome.
  long archived(String outcome) throws SQLException {
    return Long.parseLong(
        text(
            "SELECT count(*) FROM %s_1.lastword_streams WHERE outcome = '%s'"
                .formatted(schema, outcome)));
  }

  private String text(String sql) throws SQLException {
    try (var statement = database.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  /// Ends the nodes and takes away what they have written.
  @Override
  public void close() throws SQLException {
    nodes.forEach(node -> node.process().ifPresent(rig.children()::stop));
    try (database;
        var statement = database.createStatement()) {
      var schemas = new ArrayList<String>();
      try (var row =
          statement.executeQuery(
              "SELECT nspname FROM pg_namespace WHERE nspname = '%s' OR nspname LIKE '%s\\_%%'"
                  .formatted(schema, schema.replace("_", "\\_")))) {
        while (row.next()) {
          schemas.add(row.getString(1));
        }
      }
      for (var each : schemas) {
        statement.execute("DROP SCHEMA \"" + each + "\" CASCADE");
      }
    }
  }
}
