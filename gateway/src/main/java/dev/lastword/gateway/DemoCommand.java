package dev.lastword.gateway;

import dev.lastword.gateway.demo.DemoModel;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lastword demo}: gateway, scripted model and chat page in one process. */
@Command(
    name = "demo",
    description = "Runs the gateway with a scripted model behind it and a chat page in front.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  private static final Duration TOKEN_INTERVAL = Duration.ofMillis(40);

  @Mixin private ConfigOptions options = new ConfigOptions();

  @Override
  public Integer call() {
    var settings = options.settings();
    if (settings.source(Setting.DATA).equals("default")) {
      settings.set(
          Setting.DATA, ".lastword/demo", "default"); // here, so that a restart finds the answers
    }
    if (options.print()) {
      System.out.print(settings.print());
      return 0;
    }
    var config = Config.of(settings);
    Logging.configure(settings);
    var model = startModel();
    var gateway =
        RunningGateway.run(config, UpstreamTarget.parse(model.url().toString()), Pages.routes());
    System.out.println("Open http://" + Gateway.text(gateway.address()) + "/");
    return RunningGateway.GOES_ON;
  }

  private static DemoModel startModel() {
    try {
      return DemoModel.start(0, TOKEN_INTERVAL);
    } catch (IOException e) {
      throw new ConfigException("cannot start the demo model: " + e.getMessage());
    }
  }
}
