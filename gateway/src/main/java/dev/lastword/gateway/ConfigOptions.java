package dev.lastword.gateway;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that set something. */
final class ConfigOptions {
  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "Where to listen; default 127.0.0.1:8080.")
  private @Nullable String listen;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Directory of the journal and the archive.")
  private @Nullable String data;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "YAML file; flags and LASTWORD_… variables override it.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets any key of the configuration file.")
  private List<String> assignments = List.of();

  @Option(
      names = "--log-format",
      paramLabel = "text|json",
      description = "Form of the log on standard error.")
  private @Nullable String logFormat;

  @Option(
      names = "--print-config",
      description = "Prints the whole configuration with its sources, and exits.")
  private boolean print;

  boolean print() {
    return print;
  }

  /** Reads all sources, the stronger later. */
  Settings settings() {
    var settings = new Settings();
    if (config != null) {
      settings.readFile(config);
    }
    settings.readEnvironment(System.getenv());
    flag(settings, Setting.LISTEN, listen, "--listen");
    flag(settings, Setting.DATA, data, "--data");
    flag(settings, Setting.LOG_FORMAT, logFormat, "--log-format");
    assignments.forEach(settings::set);
    return settings;
  }

  static void flag(Settings settings, Setting setting, @Nullable String value, String flag) {
    if (value != null) {
      settings.set(setting, value, flag);
    }
  }
}
