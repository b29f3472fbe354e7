package dev.lastword.gateway;

import dev.lastword.cli.Command;
import dev.lastword.gateway.demo.DemoModel;
import java.io.IOException;
import java.time.Duration;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code lastword demo}: gateway, scripted model and chat page in one process. */
final class DemoCommand implements Command {
  private static final Duration TOKEN_INTERVAL = Duration.ofMillis(40);

  @Override
  public String name() {
    return "demo";
  }

  @Override
  public String summary() {
    return "Runs the gateway with a scripted model behind it and a chat page in front.";
  }

  @Override
  public Options options() {
    return ConfigOptions.options();
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
    var config = Config.of(settings);
    Logging.configure(settings);
    var model = startModel();
    var gateway =
        RunningGateway.run(config, UpstreamTarget.parse(model.url().toString()), Pages.routes());
    System.out.println("Open http://" + Gateway.text(gateway.address()) + "/");
    return GOES_ON;
  }

  private static DemoModel startModel() {
    try {
      return DemoModel.start(0, TOKEN_INTERVAL);
    } catch (IOException e) {
      throw new ConfigException("cannot start the demo model: " + e.getMessage());
    }
  }
}
