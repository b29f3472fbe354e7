package dev.lastword.journal.kafka;

import java.util.Locale;
import java.util.Map;

/** A user and a password, as Kafka's clients are told them. */
final class Sasl {
  private static final String MECHANISM = "sasl.mechanism";
  private static final String PROTOCOL = "security.protocol";
  private static final String LOGIN = "sasl.jaas.config";
  private static final String PACKAGE = "org.apache.kafka.common.security.";

  private Sasl() {}

  /**
   * Adds what is missing: by SCRAM and over TLS, unless the properties say otherwise.
   *
   * @throws IllegalArgumentException if the mechanism that they name knows no password
   */
  static void addTo(Map<String, String> client, String user, String password) {
    var mechanism = client.computeIfAbsent(MECHANISM, name -> "SCRAM-SHA-512");
    client.putIfAbsent(PROTOCOL, "SASL_SSL");
    client.putIfAbsent(
        LOGIN,
        "%s required username=%s password=%s;"
            .formatted(module(mechanism), quoted(user), quoted(password)));
  }

  private static String module(String mechanism) {
    if (mechanism.equals("PLAIN")) {
      return PACKAGE + "plain.PlainLoginModule";
    }
    if (mechanism.toUpperCase(Locale.ROOT).startsWith("SCRAM-")) {
      return PACKAGE + "scram.ScramLoginModule";
    }
    throw new IllegalArgumentException(
        "a user is for the mechanisms PLAIN and SCRAM, and '%s' is another; say '%s' instead"
            .formatted(MECHANISM, LOGIN));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
