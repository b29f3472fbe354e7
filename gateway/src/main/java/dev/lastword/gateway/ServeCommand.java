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
    if (config.routes().isEmpty()) {
      throw new ConfigException(
          "serve needs --upstream URL, or routes in --config FILE: where requests are relayed to");
    }
    var gateway = RunningGateway.run(config, Map.of());
    if (ConfigOptions.hasFile(line)) { // otherwise there is nothing that could have changed
      var reload = new Reload(gateway, settings, () -> ConfigOptions.settings(line));
      StopSignals.onHangup(reload::run);
    }
    return GOES_ON;
  }
}
