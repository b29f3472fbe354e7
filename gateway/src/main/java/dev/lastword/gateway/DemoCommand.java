package dev.lastword.gateway;

import dev.lastword.cli.Command;
import dev.lastword.gateway.demo.DemoModel;
import java.io.IOException;
import java.time.Duration;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * {@code lastword demo}: gateway and chat page in one process, and behind them a scripted model or
 * one's own.
 */
final class DemoCommand implements Command {
  private static final String NODES = "nodes";
  private static final Duration TOKEN_INTERVAL = Duration.ofMillis(40);

  @Override
  public String name() {
    return "demo";
  }

  @Override
  public String summary() {
    return "Runs the gateway with a chat page in front and a scripted model, or your own, behind it.";
  }

  @Override
  public Options options() {
    return ConfigOptions.options()
        .addOption(
            ConfigOptions.valued(
                "upstream",
                "URL",
                "An OpenAI-compatible server in place of the scripted model, such as http://localhost:11434."))
        .addOption(
            ConfigOptions.valued(
                NODES, "N", "As many processes on one PostgreSQL behind a load balancer, 2 to 9."));
  }

  @Override
  public int run(CommandLine line) {
    var settings = ConfigOptions.settings(line);
    if (settings.source(Setting.DATA).equals("default")) {
      settings.set(
          Setting.DATA, ".lastword/demo", "default"); // here, so that a restart finds the answers
    }
    if (ConfigOptions.print(line)) {
      System.out.print(settings.print());
      return 0;
    }
    if (line.hasOption(NODES)) {
      openNodes(settings, line.getOptionValue(NODES));
      return GOES_ON;
    }
    var config = Config.of(settings);
    Logging.configure(settings);
    if (config.routes().isEmpty()) {
      open(config.withUpstream(scripted()));
    } else if (settings.routes().isEmpty()) {
      var own = forPage(config.routes().getFirst().upstreams().getFirst());
      open(config.withUpstream(own));
      System.out.println(
          "Answers come from " + own + " (" + settings.source(Setting.UPSTREAM) + ")");
    } else {
      open(config);
    }
    return GOES_ON;
  }

  private static void openNodes(Settings settings, String text) {
    int count = text.matches("[2-9]") ? Integer.parseInt(text) : 0;
    if (count == 0) {
      throw new ConfigException(
          "--nodes has to be 2 to " + DemoNodes.NODES_MAX + ", not '" + text + "'");
    }
    var config = Config.of(settings);
    Logging.configure(settings);
    if (!settings.routes().isEmpty()) {
      throw new ConfigException("--nodes takes --upstream, and no routes of a file");
    }
    var upstream = settings.get(Setting.UPSTREAM);
    var nodes =
        DemoNodes.start(
            config,
            upstream.isEmpty() ? startModel().url().toString() : upstream,
            settings.get(Setting.JOURNAL_URL),
            count);
    StopSignals.onFirst(nodes::close);
    System.out.println("Open http://" + Gateway.text(nodes.address()) + "/");
    System.out.println("Behind it are " + nodes.text());
    Thread.ofPlatform().name("lastword-demo").start(nodes::attend);
  }

  private static void open(Config config) {
    var gateway = RunningGateway.run(config, Pages.routes());
    System.out.println("Open http://" + Gateway.text(gateway.address()) + "/");
  }

  /** The page asks below /v1 itself; many write the URL as they give it to an SDK. */
  private static UpstreamTarget forPage(UpstreamTarget target) {
    return target.basePath().endsWith("/v1")
        ? target.at(target.basePath().substring(0, target.basePath().length() - "/v1".length()))
        : target;
  }

  private static UpstreamTarget scripted() {
    return UpstreamTarget.parse(startModel().url().toString());
  }

  private static DemoModel startModel() {
    try {
      return DemoModel.start(0, TOKEN_INTERVAL);
    } catch (IOException e) {
      throw new ConfigException("cannot start the demo model: " + e.getMessage());
    }
  }
}
