package dev.lastword.gateway;

import dev.lastword.cli.Command;
import dev.lastword.cluster.ClusterFailedException;
import dev.lastword.cluster.Holding;
import dev.lastword.cluster.postgresql.Membership;
import dev.lastword.journal.postgresql.PostgresServer;
import java.io.PrintStream;
import java.sql.SQLException;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code lastword nodes}: prints which node of a cluster has which shard, and changes nothing. */
final class NodesCommand implements Command {
  private static final String ROW = "%-6s %-9s %-24s %-32s %8s %6s %-14s %12s %10s%n";

  private final PrintStream out;

  NodesCommand(PrintStream out) {
    this.out = out;
  }

  @Override
  public String name() {
    return "nodes";
  }

  @Override
  public String summary() {
    return "Prints the shards of a cluster, by the configuration of any of its nodes: who has each,"
        + " where that is reached, how long its lease runs, how often it was taken, the schema of"
        + " its journal, and how much of that is not in the archive yet, since when. Exits with 1"
        + " if there is one that nobody answers for.";
  }

  @Override
  public Options options() {
    return ConfigOptions.ofFile();
  }

  @Override
  public int run(CommandLine line) {
    var config = Config.of(ConfigOptions.settings(line));
    var journals =
        config
            .journal()
            .orElseThrow(
                () ->
                    new ConfigException(
                        "nodes needs '%s': a cluster's shards are in its database"
                            .formatted(Setting.JOURNAL_URL.key())));
    try {
      return print(journals, config.archive().orElse(journals), Membership.holdings(journals));
    } catch (ClusterFailedException | SQLException e) {
      throw new ConfigException("" + e.getMessage());
    }
  }

  private int print(PostgresServer journals, PostgresServer archives, List<Holding> holdings)
      throws SQLException {
    var shards = holdings.stream().map(Holding::shard).toList();
    var found = ShardLags.read(journals, archives, shards);
    out.printf(
        ROW, "SHARD", "STATE", "NODE", "ADDRESS", "LEASE", "TAKEN", "JOURNAL", "LAG", "SINCE");
    for (var holding : holdings) {
      var lag = found.get(holding.shard());
      out.printf(
          ROW,
          holding.shard(),
          state(holding),
          holding.node(),
          holding.address(),
          holding.isHeld() ? holding.left().toMillis() + " ms" : "over",
          holding.epoch(),
          lag == null ? "-" : lag.schema(),
          lag == null ? "-" : lag.behind().bytes() + " B",
          lag == null ? "-" : lag.behind().age().toMillis() + " ms");
    }
    return holdings.stream().allMatch(holding -> holding.isHeld() && holding.opened()) ? 0 : 1;
  }

  /** Own, of another node, being opened, or nobody's. */
  private static String state(Holding holding) {
    if (!holding.isHeld()) {
      return "nobody";
    }
    if (!holding.opened()) {
      return "opening";
    }
    return holding.home().equals(holding.node()) ? "own" : "of " + holding.home();
  }
}
