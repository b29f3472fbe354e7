package dev.lastword.gateway;

import dev.lastword.hooks.CommandHook;
import dev.lastword.hooks.JdbcHook;
import dev.lastword.hooks.WebhookHook;
import dev.lastword.stream.SaveHook;
import java.time.Duration;
import java.util.function.Function;

/**
 * Makes save hooks as they are configured.
 *
 * @param timeout of one call
 */
record HookMaker(Duration timeout) implements Function<HookConfig, SaveHook> {
  @Override
  public SaveHook apply(HookConfig config) {
    return switch (config) {
      case HookConfig.Webhook it ->
          new WebhookHook(
              new WebhookHook.Options(
                  it.url(),
                  it.secrets(),
                  address -> it.allow().stream().anyMatch(block -> block.contains(address)),
                  it.callsMax(),
                  timeout));
      case HookConfig.Jdbc it ->
          new JdbcHook(
              new JdbcHook.Options(
                  it.url(), it.user(), it.password(), it.statement(), it.connections(), timeout));
      case HookConfig.Command it -> new CommandHook(it.command(), it.callsMax(), timeout);
    };
  }
}
