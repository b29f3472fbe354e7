package dev.lastword.gateway;

import dev.lastword.journal.postgresql.PostgresServer;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** One save hook, as it is configured. Two that are equal are the same hook. */
sealed interface HookConfig {
  /** A shorter one can be guessed. */
  int SECRET_LENGTH_MIN = 16;

  /** Its name, which logs and metrics call it by. */
  String name();

  /**
   * Calls an address with the answer.
   *
   * @param secrets what calls are signed with
   * @param allow blocks of addresses that are called although they are not public
   * @param callsMax most calls at once
   * @param caFile certificates to trust there, in place of the JDK's
   */
  record Webhook(
      String name,
      URI url,
      List<String> secrets,
      List<AddressBlock> allow,
      int callsMax,
      Optional<Path> caFile)
      implements HookConfig {
    /** Copies are kept. */
    public Webhook {
      secrets = List.copyOf(secrets);
      allow = List.copyOf(allow);
    }

    @Override
    public String toString() {
      return "webhook " + name;
    }
  }

  /**
   * Runs a statement with the answer, in a transaction of its own.
   *
   * @param connections most connections, and so calls, at once
   */
  record Jdbc(
      String name, String url, String user, String password, String statement, int connections)
      implements HookConfig {
    @Override
    public String toString() {
      return "jdbc " + name;
    }
  }

  /**
   * Starts a program that reads the answer.
   *
   * @param command the program and its arguments
   * @param callsMax most of them at once
   */
  record Command(String name, List<String> command, int callsMax) implements HookConfig {
    /** A copy is kept. */
    public Command {
      command = List.copyOf(command);
    }
  }

  /** Reads a hook of the file. */
  static HookConfig of(HookSettings hook) {
    return switch (hook.value("type").text()) {
      case "webhook" -> webhook(hook);
      case "jdbc" -> jdbc(hook);
      case "command" -> command(hook);
      default -> throw hook.wrong("type", "webhook, jdbc or command");
    };
  }

  private static Webhook webhook(HookSettings hook) {
    hook.allow(List.of("type", "url", "secret", "allow", "calls-max", "ca-file"));
    var url = hook.proper("url", HookConfig::isHttp, "an http or https URL without a fragment");
    return new Webhook(
        hook.name(),
        URI.create(url.text()),
        secrets(hook),
        allowed(hook),
        hook.number("calls-max", 1_000, 1, 10_000),
        hook.find("ca-file").map(file -> path(hook, file.text())));
  }

  private static Path path(HookSettings hook, String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw hook.wrong("ca-file", "the path of a file");
    }
  }

  private static List<String> secrets(HookSettings hook) {
    var secrets = hook.values("secret");
    if (secrets.isEmpty() || secrets.stream().anyMatch(it -> it.length() < SECRET_LENGTH_MIN)) {
      throw hook.wrong(
          "secret", "at least " + SECRET_LENGTH_MIN + " characters, or a list of such secrets");
    }
    return secrets;
  }

  private static List<AddressBlock> allowed(HookSettings hook) {
    return hook.values("allow").stream()
        .map(
            word ->
                AddressBlock.parse(word)
                    .orElseThrow(
                        () -> hook.wrong("allow", "addresses, or blocks such as 10.0.0.0/8")))
        .toList();
  }

  private static boolean isHttp(String text) {
    try {
      var url = new URI(text);
      return UrlHost.of(url).isPresent()
          && url.getFragment() == null
          && List.of("http", "https").contains(url.getScheme());
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** What a driver does not understand it says, and perhaps logs, with the password in it. */
  private static boolean isJdbc(String text) {
    if (text.startsWith(PostgresServer.SCHEME)) {
      return PostgresServer.isUrl(text);
    }
    return text.startsWith("jdbc:mariadb:")
        ? text.matches("[^?]*//[^/?@]*(?:[/?].*)?")
        : text.startsWith("jdbc:");
  }

  private static Jdbc jdbc(HookSettings hook) {
    hook.allow(List.of("type", "url", "user", "password", "statement", "connections-max"));
    return new Jdbc(
        hook.name(),
        hook.proper("url", HookConfig::isJdbc, "a URL that begins with jdbc:, of its driver's form")
            .text(),
        hook.find("user").map(RouteSettings.Value::text).orElse(""),
        hook.find("password").map(RouteSettings.Value::text).orElse(""),
        hook.value("statement").text(),
        hook.number("connections-max", 4, 1, 1_000));
  }

  private static Command command(HookSettings hook) {
    hook.allow(List.of("type", "command", "calls-max"));
    var command = hook.values("command");
    if (command.isEmpty()) {
      throw hook.wrong("command", "a program, or a list of it and its arguments");
    }
    return new Command(hook.name(), command, hook.number("calls-max", 4, 1, 1_000));
  }
}
