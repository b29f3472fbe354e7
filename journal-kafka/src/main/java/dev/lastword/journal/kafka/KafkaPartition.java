package dev.lastword.journal.kafka;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A partition of a topic, of Kafka 4 or later, and how its brokers are talked to.
 *
 * @param brokers {@code host:port} with commas between: some of them, by which the others are found
 * @param topic whose partition it is
 * @param partition its number, from 0
 * @param insyncMin how many replicas have to have a record before it counts as written, at least:
 *     the topic's {@code min.insync.replicas} must not be less
 * @param client properties of Kafka's clients: how they connect, and who they are; secrets
 */
public record KafkaPartition(
    String brokers, String topic, int partition, int insyncMin, Map<String, String> client) {
  /** What the URL of every one begins with. */
  public static final String SCHEME = "kafka://";

  private static final Pattern PLACE =
      Pattern.compile(
          "(?<brokers>"
              + "(?:[\\w.-]+|\\[[0-9a-fA-F:.]+]):[0-9]{1,5}"
              + "(?:,(?:[\\w.-]+|\\[[0-9a-fA-F:.]+]):[0-9]{1,5})*)"
              + "/(?<topic>[a-zA-Z0-9._-]{1,249})");

  private static final String PARTITION = "partition";
  private static final String INSYNC_MIN = "min.insync.replicas";
  private static final String FILE = "properties";
  private static final int INSYNC_MIN_STANDARD = 2;
  private static final int PARTITION_MAX = 9_999;
  private static final int INSYNC_MAX = 100;

  /** What may be said of clients: all else is what the journal's promise rests on. */
  private static final List<String> OPEN =
      List.of(
          "client.",
          "connections.",
          "default.api.timeout.ms",
          "delivery.timeout.ms",
          "metadata.",
          "receive.buffer.bytes",
          "reconnect.",
          "request.timeout.ms",
          "retry.backoff.",
          "sasl.",
          "security.",
          "send.buffer.bytes",
          "socket.",
          "ssl.");

  /**
   * @throws IllegalArgumentException if a value is out of its bounds, or a property is not open
   */
  public KafkaPartition {
    requireWithin(PARTITION, partition, 0, PARTITION_MAX);
    requireWithin(INSYNC_MIN, insyncMin, 1, INSYNC_MAX);
    client = Map.copyOf(client);
    for (var name : client.keySet()) {
      if (OPEN.stream().noneMatch(name::startsWith)) {
        throw new IllegalArgumentException(
            "'%s' is no property that may be set: those that begin with %s may"
                .formatted(name, String.join(", ", OPEN)));
      }
    }
  }

  /**
   * Reads {@code kafka://host:port,host:port/topic?name=value&name=value}. A name is {@code
   * partition}, {@code min.insync.replicas}, {@code properties}, which is a file of Kafka's client
   * properties, or such a property; values are decoded as those of a URL are.
   *
   * @param user of SASL, where the properties do not say it otherwise; {@code ""} for none
   * @param password of that user
   * @throws IllegalArgumentException if it is none, with a message that has no value of a property
   *     in it
   */
  public static KafkaPartition parse(String url, String user, String password) {
    int query = url.indexOf('?');
    var place =
        url.startsWith(SCHEME)
            ? PLACE.matcher(url.substring(SCHEME.length(), query < 0 ? url.length() : query))
            : PLACE.matcher("");
    if (!place.matches()) {
      throw new IllegalArgumentException("the url is not kafka://host:port[,host:port...]/topic");
    }
    var client = new TreeMap<String, String>();
    int partition = 0;
    int insyncMin = INSYNC_MIN_STANDARD;
    for (var parameter : query < 0 ? new String[0] : url.substring(query + 1).split("&", -1)) {
      int equals = parameter.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("a parameter of the url is not name=value");
      }
      var name = decoded(parameter.substring(0, equals));
      var value = decoded(parameter.substring(equals + 1));
      switch (name) {
        case PARTITION -> partition = number(name, value);
        case INSYNC_MIN -> insyncMin = number(name, value);
        case FILE -> readFile(value).forEach(client::putIfAbsent);
        default -> client.put(name, value);
      }
    }
    if (user.isEmpty() && !password.isEmpty()) {
      throw new IllegalArgumentException("there is a password and no user");
    }
    if (!user.isEmpty()) {
      Sasl.addTo(client, user, password);
    }
    return new KafkaPartition(
        place.group("brokers"), place.group("topic"), partition, insyncMin, client);
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("a parameter of the url has a % that begins no byte", e);
    }
  }

  private static int number(String name, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'%s' has to be a whole number".formatted(name), e);
    }
  }

  private static void requireWithin(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException("'%s' is %d: %d to %d".formatted(name, value, min, max));
    }
  }

  private static Map<String, String> readFile(String name) {
    var read = new Properties();
    try (var in = Files.newBufferedReader(Path.of(name))) {
      read.load(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'%s': cannot read %s: %s".formatted(FILE, name, e.getClass().getSimpleName()), e);
    }
    var properties = new TreeMap<String, String>();
    read.stringPropertyNames().forEach(each -> properties.put(each, read.getProperty(each)));
    properties.remove("bootstrap.servers"); // such a file often has it; the URL says it
    return properties;
  }

  /** The URL without what it says of clients. */
  @Override
  public String toString() {
    return "%s%s/%s?%s=%d".formatted(SCHEME, brokers, topic, PARTITION, partition);
  }
}
