package dev.lastword.gateway;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration again when it is asked to. A wrong one is refused with its reason in the
 * log, and the one before it stays.
 */
final class Reload {
  private static final Logger log = LoggerFactory.getLogger(Reload.class);

  private final Gateway gateway;
  private final Supplier<Settings> sources;
  private Settings now;

  /**
   * @param now what the gateway runs with
   * @param sources reads file, environment and flags again
   */
  Reload(Gateway gateway, Settings now, Supplier<Settings> sources) {
    this.gateway = gateway;
    this.now = now;
    this.sources = sources;
  }

  /** Reads and takes it. Blocks while files are read; one at a time. */
  synchronized void run() {
    try {
      var next = sources.get();
      Config.of(next); // what waits for a restart has to be right as well
      var waits = waits(next);
      next.take(now, Setting::isOfStart);
      var config = Config.of(next);
      if (config.routes().isEmpty()) {
        throw new ConfigException("there is no route any more");
      }
      gateway.reload(config);
      if (!waits.isEmpty()) {
        log.warn("config.needs_restart keys={}", waits);
      }
      now = next;
      log.info("config.reloaded routes={}", config.routes().size());
    } catch (ConfigException e) {
      log.warn("config.refused reason=\"{}\"", e.getMessage());
    } catch (RuntimeException e) {
      log.error("config.reload_failed", e);
    }
  }

  /**
   * What is decided at the start cannot be taken back by a running process. It stays for whatever
   * that opens later as well, such as the shard of another node.
   */
  private String waits(Settings next) {
    return Arrays.stream(Setting.values())
        .filter(Setting::isOfStart)
        .filter(setting -> !next.get(setting).equals(now.get(setting)))
        .map(Setting::key)
        .collect(Collectors.joining(","));
  }
}
