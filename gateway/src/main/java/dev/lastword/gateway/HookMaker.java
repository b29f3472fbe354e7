package dev.lastword.gateway;

import dev.lastword.hooks.AnswerReceipt;
import dev.lastword.hooks.CommandHook;
import dev.lastword.hooks.JdbcHook;
import dev.lastword.hooks.WebhookHook;
import dev.lastword.stream.SaveHook;
import java.time.Duration;
import java.util.function.Function;
import javax.net.SocketFactory;

/**
 * Makes save hooks as they are configured.
 *
 * @param timeout of one call
 * @param sockets of webhooks
 * @param receipts go along with what hooks are told
 */
record HookMaker(Duration timeout, SocketFactory sockets, AnswerReceipt receipts)
    implements Function<HookConfig, SaveHook> {
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
                  timeout,
                  it.caFile(),
                  sockets,
                  receipts));
      case HookConfig.Jdbc it ->
          new JdbcHook(
              new JdbcHook.Options(
                  it.url(),
                  it.user(),
                  it.password(),
                  it.statement(),
                  it.connections(),
                  timeout,
                  receipts));
      case HookConfig.Command it -> new CommandHook(it.command(), it.callsMax(), timeout, receipts);
    };
  }
}
