package dev.lastword.gateway;

import dev.lastword.stream.SaveHook;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The save hooks as they are configured now. */
final class SaveHooks implements Reloadable, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SaveHooks.class);

  private final Function<HookConfig, SaveHook> maker;
  private final GatewayMetrics metrics;
  private volatile Map<String, Made> hooks = Map.of();

  /**
   * A hook, and what it was made by.
   *
   * @param trusted the certificates that it trusts: they are replaced in their place, and the
   *     configuration says the same as before
   */
  private record Made(HookConfig config, Optional<ByteBuffer> trusted, SaveHook hook) {}

  /**
   * Makes the hooks of a configuration.
   *
   * @param maker makes one; an {@link IllegalArgumentException} says what of it cannot be
   * @param metrics counts each
   * @throws ConfigException if one cannot be made
   */
  SaveHooks(
      List<HookConfig> configs, Function<HookConfig, SaveHook> maker, GatewayMetrics metrics) {
    this.maker = maker;
    this.metrics = metrics;
    this.hooks = made(configs);
    this.hooks.keySet().forEach(metrics::hook);
  }

  /** The hook of a name, if there is one. */
  Optional<SaveHook> of(String name) {
    return Optional.ofNullable(hooks.get(name)).map(Made::hook);
  }

  @Override
  public Runnable prepare(Config next) {
    var before = hooks;
    var after = made(next.hooks());
    return () -> {
      hooks = after;
      after.keySet().forEach(metrics::hook);
      before.values().stream().filter(made -> !after.containsValue(made)).forEach(SaveHooks::close);
    };
  }

  /** One that is configured as before stays, with the calls that it is in the middle of. */
  private Map<String, Made> made(List<HookConfig> configs) {
    var all = new HashMap<String, Made>();
    try {
      for (var config : configs) {
        var before = hooks.get(config.name());
        var trusted = trusted(config);
        boolean same =
            before != null && before.config().equals(config) && before.trusted().equals(trusted);
        all.put(config.name(), same ? before : make(config, trusted));
      }
      return Map.copyOf(all);
    } catch (ConfigException e) {
      all.values().stream().filter(made -> !hooks.containsValue(made)).forEach(SaveHooks::close);
      throw e;
    }
  }

  /** Whoever makes the hook says what of the file cannot be. */
  private static Optional<ByteBuffer> trusted(HookConfig config) {
    if (config instanceof HookConfig.Webhook webhook && webhook.caFile().isPresent()) {
      try {
        return Optional.of(ByteBuffer.wrap(Files.readAllBytes(webhook.caFile().get())));
      } catch (IOException e) {
        log.debug("save.ca_file_not_read hook={} cause={}", config.name(), e.toString());
      }
    }
    return Optional.empty();
  }

  private Made make(HookConfig config, Optional<ByteBuffer> trusted) {
    try {
      return new Made(config, trusted, maker.apply(config));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("hooks.%s: %s".formatted(config.name(), e.getMessage()));
    }
  }

  @Override
  public void close() {
    hooks.values().forEach(SaveHooks::close);
  }

  private static void close(Made made) {
    if (made.hook() instanceof AutoCloseable closeable) {
      try {
        closeable.close();
      } catch (Exception e) {
        log.warn("save.hook_not_closed hook={}", made.config().name(), e);
      }
    }
  }
}
