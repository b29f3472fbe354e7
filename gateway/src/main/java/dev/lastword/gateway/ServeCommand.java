package dev.lastword.gateway;

import dev.lastword.cli.Command;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code lastword serve}: the gateway in front of an endpoint. */
final class ServeCommand implements Command {
  @Override
  public String name() {
    return "serve";
  }

  @Override
  public String summary() {
    return "Runs the gateway in front of an LLM or SSE endpoint.";
  }

  @Override
  public Options options() {
    return ConfigOptions.options()
        .addOption(
            ConfigOptions.valued(
                "upstream", "URL", "Where requests are relayed to: http[s]://host[:port][/base]."));
  }

  @Override
  public int run(CommandLine line) {
    var settings = ConfigOptions.settings(line);
    if (ConfigOptions.print(line)) {
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
    return GOES_ON;
  }
}
