package dev.lastword.gateway;

import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lastword serve}: the gateway in front of an endpoint. */
@Command(
    name = "serve",
    description = "Runs the gateway in front of an LLM or SSE endpoint.",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options = new ConfigOptions();

  @Option(
      names = "--upstream",
      paramLabel = "URL",
      description = "Where requests are relayed to: http[s]://host[:port][/base].")
  private @Nullable String upstream;

  @Override
  public Integer call() {
    var settings = options.settings();
    ConfigOptions.flag(settings, Setting.UPSTREAM, upstream, "--upstream");
    if (options.print()) {
      System.out.print(settings.print());
      return 0;
    }
    var config = Config.of(settings);
    Logging.configure(settings);
    var target =
        config
            .upstream()
            .orElseThrow(
                () ->
                    new ConfigException(
                        "serve needs --upstream URL: where requests are relayed to"));
    RunningGateway.run(config, target, Map.of());
    return RunningGateway.GOES_ON;
  }
}
