package dev.lastword.gateway;

import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** The flags that set something. */
final class ConfigOptions {
  private static final String CONFIG = "config";
  private static final String SET = "set";
  private static final String PRINT = "print-config";

  /** Settings that have a flag of their own, by its name. */
  private static final Map<String, Setting> FLAGS =
      Map.of(
          "upstream", Setting.UPSTREAM,
          "listen", Setting.LISTEN,
          "data", Setting.DATA,
          "log-format", Setting.LOG_FORMAT);

  private ConfigOptions() {}

  /** The flags of every command that runs a gateway. */
  static Options options() {
    return new Options()
        .addOption(valued("listen", "HOST:PORT", "Where to listen; default 127.0.0.1:8080."))
        .addOption(valued("data", "DIR", "Directory of the journal and the archive."))
        .addOption(valued(CONFIG, "FILE", "YAML file; flags and LASTWORD_… variables override it."))
        .addOption(valued(SET, "KEY=VALUE", "Sets any key of the configuration file; repeatable."))
        .addOption(valued("log-format", "text|json", "Form of the log on standard error."))
        .addOption(
            null, PRINT, false, "Prints the whole configuration with its sources, and exits.");
  }

  /** The flags of a command that only reads the configuration of one. */
  static Options ofFile() {
    return new Options()
        .addOption(valued(CONFIG, "FILE", "YAML file; LASTWORD_… variables override it."))
        .addOption(valued(SET, "KEY=VALUE", "Sets any key of the configuration file; repeatable."));
  }

  static Option valued(String name, String value, String description) {
    return Option.builder().longOpt(name).hasArg().argName(value).desc(description).get();
  }

  static boolean print(CommandLine line) {
    return line.hasOption(PRINT);
  }

  static boolean hasFile(CommandLine line) {
    return line.hasOption(CONFIG);
  }

  /** Reads all sources, the stronger later. */
  static Settings settings(CommandLine line) {
    var settings = new Settings();
    if (line.hasOption(CONFIG)) {
      settings.readFile(Path.of(line.getOptionValue(CONFIG)));
    }
    settings.readEnvironment(System.getenv());
    FLAGS.forEach(
        (flag, setting) -> {
          if (line.hasOption(flag)) {
            settings.set(setting, line.getOptionValue(flag), "--" + flag);
          }
        });
    if (line.hasOption(SET)) {
      for (var assignment : line.getOptionValues(SET)) {
        settings.set(assignment);
      }
    }
    return settings;
  }
}
