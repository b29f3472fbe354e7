package dev.lastword.gateway;

import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * What the configuration says of owners, checked.
 *
 * @param loopback whether only this machine reaches the listener
 * @param anonymousAllowed whether requests without credentials are answered; empty to go by mode
 *     and listener
 * @param producersAllowed whether applications may write streams themselves; empty to go by mode
 *     and listener
 * @param linkSeconds how long the link in a relayed response's head is good; 0 for none there
 * @param adminListen where administrators ask, if not where everybody does
 * @param tokens which are believed; there by mode {@code jwt}
 */
record OwnerRules(
    AccessMode mode,
    boolean loopback,
    Optional<Boolean> anonymousAllowed,
    Optional<Boolean> producersAllowed,
    Presented.Places places,
    long linkSeconds,
    Administrator administrator,
    Optional<InetSocketAddress> adminListen,
    Optional<JwtRules> tokens) {
  private static final int ADMIN_TOKEN_LENGTH_MIN = 16;

  /** Who is told the metrics where everybody asks. */
  enum Metrics {
    EVERYBODY,
    ADMINISTRATOR,
    /** Nobody: there is an address for it. */
    ELSEWHERE
  }

  /**
   * @param addresses reads a setting that is an address
   */
  static OwnerRules of(Settings settings, Function<Setting, InetSocketAddress> addresses) {
    return new OwnerRules(
        AccessMode.named(settings.get(Setting.ACCESS_MODE))
            .orElseThrow(
                () -> wrong(settings, Setting.ACCESS_MODE, "credentials, keys, jwt or open")),
        addresses.apply(Setting.LISTEN).getAddress().isLoopbackAddress(),
        trueFalseOrAuto(settings, Setting.ACCESS_ANONYMOUS),
        trueFalseOrAuto(settings, Setting.PRODUCERS),
        new Presented.Places(
            settings.get(Setting.ACCESS_HEADER).toLowerCase(Locale.ROOT).strip(),
            settings.get(Setting.ACCESS_COOKIE).strip()),
        linkSeconds(settings),
        administrator(settings),
        Optional.of(Setting.ADMIN_LISTEN)
            .filter(setting -> !settings.get(setting).isEmpty())
            .map(addresses),
        Optional.of(settings)
            .filter(s -> s.get(Setting.ACCESS_MODE).equals(AccessMode.JWT.word()))
            .map(JwtRules::of));
  }

  private static Optional<Boolean> trueFalseOrAuto(Settings settings, Setting setting) {
    return switch (settings.get(setting)) {
      case "auto" -> Optional.empty();
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> throw wrong(settings, setting, "auto, true or false");
    };
  }

  private static Administrator administrator(Settings settings) {
    var token = settings.get(Setting.ADMIN_TOKEN);
    if (!token.isEmpty() && token.length() < ADMIN_TOKEN_LENGTH_MIN) {
      throw new ConfigException( // without the value, which is a secret
          "%s: '%s' has to have at least %d characters"
              .formatted(
                  settings.source(Setting.ADMIN_TOKEN),
                  Setting.ADMIN_TOKEN.key(),
                  ADMIN_TOKEN_LENGTH_MIN));
    }
    if (token.isEmpty() && !settings.get(Setting.ADMIN_LISTEN).isEmpty()) {
      throw new ConfigException(
          "%s: '%s' needs '%s'"
              .formatted(
                  settings.source(Setting.ADMIN_LISTEN),
                  Setting.ADMIN_LISTEN.key(),
                  Setting.ADMIN_TOKEN.key()));
    }
    return new Administrator(token);
  }

  private static long linkSeconds(Settings settings) {
    long max = Secrets.LINK_LIFE_MAX.toSeconds();
    var text = settings.get(Setting.LINK_SECONDS);
    if (!text.matches("[0-9]{1,6}") || Long.parseLong(text) > max) {
      throw wrong(settings, Setting.LINK_SECONDS, "0 to " + max);
    }
    return Long.parseLong(text);
  }

  private static ConfigException wrong(Settings settings, Setting setting, String expected) {
    return new ConfigException(
        "%s: '%s' has to be %s, not '%s'"
            .formatted(
                settings.source(setting), setting.key(), expected, settings.written(setting)));
  }

  /**
   * The same on the listeners that there are already, whatever is configured for the next start.
   */
  OwnerRules heardOn(OwnerRules now) {
    return new OwnerRules(
        mode,
        now.loopback,
        anonymousAllowed,
        producersAllowed,
        places,
        linkSeconds,
        administrator,
        now.adminListen,
        tokens);
  }

  /**
   * Whether requests without credentials are answered. Where the gateway itself decides who may
   * come, behind whatever proxy on this machine, nobody does without being told to.
   */
  boolean anonymous() {
    return anonymousAllowed.orElse(loopback && mode == AccessMode.CREDENTIALS);
  }

  /**
   * Why an asker may not write streams, if it may not. By {@code credentials} it is the upstream
   * who judges them, and there is none to be asked here: whoever invents some would be an owner.
   */
  Optional<Problem> refusalToProduce(Asker asker) {
    if (!producersAllowed.orElse(loopback || mode != AccessMode.CREDENTIALS)) {
      return Optional.of(
          Problem.of(
                  403,
                  "producers_refused",
                  "applications may not write streams here: their credentials are not judged by"
                      + " access.mode credentials, or it was switched off")
              .member("setting", Setting.PRODUCERS.key()));
    }
    return asker.owner().all() && mode != AccessMode.OPEN
        ? Optional.of(
            Problem.of(403, "admin_not_owner", "what an administrator begins would be nobody's")
                .member("setting", Setting.ADMIN_TOKEN.key()))
        : Optional.empty();
  }

  Metrics metrics() {
    if (adminListen.isPresent()) {
      return Metrics.ELSEWHERE;
    }
    return loopback || mode == AccessMode.OPEN ? Metrics.EVERYBODY : Metrics.ADMINISTRATOR;
  }
}
