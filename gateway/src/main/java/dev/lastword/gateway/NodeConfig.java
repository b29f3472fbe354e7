package dev.lastword.gateway;

import dev.lastword.journal.kafka.KafkaPartition;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/**
 * What a gateway is among others on the same databases.
 *
 * @param address where the others reach it: {@code http[s]://host:port}
 * @param secret by what they know each other
 * @param name stays when it is started again
 */
record NodeConfig(URI address, String secret, String name) {
  private static final int SECRET_LENGTH_MIN = 32;
  private static final int NAME_LENGTH_MAX = 200;

  /**
   * Reads the settings of a node; empty where there are none.
   *
   * @throws ConfigException if one is wrong, or missing
   */
  static Optional<NodeConfig> of(Settings settings) {
    if (settings.get(Setting.NODE_ADDRESS).isEmpty()) {
      requireEmpty(settings, Setting.NODE_SECRET);
      requireEmpty(settings, Setting.NODE_NAME);
      return Optional.empty();
    }
    requireSet(settings, Setting.JOURNAL_URL);
    requireDatabase(settings);
    requireSet(settings, Setting.ARCHIVE_URL);
    requireSet(settings, Setting.NODE_SECRET);
    var address = address(settings);
    var secret = settings.get(Setting.NODE_SECRET);
    if (secret.length() < SECRET_LENGTH_MIN || !isVisible(secret)) {
      throw wrong(
          settings,
          Setting.NODE_SECRET,
          "at least %d visible characters of ASCII, and has %d characters"
              .formatted(SECRET_LENGTH_MIN, secret.length()));
    }
    var name = settings.get(Setting.NODE_NAME);
    if (name.length() > NAME_LENGTH_MAX || !isVisible(name)) {
      throw wrong(
          settings,
          Setting.NODE_NAME,
          "at most %d visible characters of ASCII".formatted(NAME_LENGTH_MAX));
    }
    return Optional.of(
        new NodeConfig(address, secret, name.isEmpty() ? address.getAuthority() : name));
  }

  /** It stands in a header field, and in a line of a log. */
  private static boolean isVisible(String text) {
    return text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  private static URI address(Settings settings) {
    var text = settings.get(Setting.NODE_ADDRESS);
    try {
      var address = new URI(text);
      boolean known = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
      if (known
          && UrlHost.of(address).filter(host -> host.port() > 0).isPresent()
          && address.getRawUserInfo() == null
          && address.toString().equals(address.getScheme() + "://" + address.getAuthority())) {
        return address;
      }
    } catch (URISyntaxException e) {
      // said below, as all that is no address
    }
    throw wrong(
        settings,
        Setting.NODE_ADDRESS,
        "http://host:port or https://host:port, not '%s'"
            .formatted(settings.written(Setting.NODE_ADDRESS)));
  }

  private static void requireSet(Settings settings, Setting needed) {
    if (settings.get(needed).isEmpty()) {
      throw new ConfigException(
          "%s: '%s' needs '%s'"
              .formatted(
                  settings.source(Setting.NODE_ADDRESS), Setting.NODE_ADDRESS.key(), needed.key()));
    }
  }

  /** Shards change hands by leases in a database, and so do their journals there. */
  private static void requireDatabase(Settings settings) {
    if (settings.get(Setting.JOURNAL_URL).startsWith(KafkaPartition.SCHEME)) {
      throw new ConfigException(
          "%s: '%s' needs the journal in PostgreSQL: '%s' names one in Kafka, which is one"
                  .formatted(
                      settings.source(Setting.NODE_ADDRESS),
                      Setting.NODE_ADDRESS.key(),
                      Setting.JOURNAL_URL.key())
              + " gateway's");
    }
  }

  private static void requireEmpty(Settings settings, Setting setting) {
    if (!settings.get(setting).isEmpty()) {
      throw new ConfigException(
          "%s: '%s' needs '%s'"
              .formatted(settings.source(setting), setting.key(), Setting.NODE_ADDRESS.key()));
    }
  }

  private static ConfigException wrong(Settings settings, Setting setting, String expected) {
    return new ConfigException(
        "%s: '%s' has to be %s".formatted(settings.source(setting), setting.key(), expected));
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return name + " at " + address;
  }
}
