package dev.lastword.gateway;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How owners are told apart. */
enum AccessMode {
  /** By a keyed hash of whatever credentials they send to the upstream. */
  CREDENTIALS,
  /** By keys of the gateway's own. */
  KEYS,
  /** By signed tokens of an identity provider. */
  JWT,
  /** Not at all: a trusted network. */
  OPEN;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<AccessMode> named(String word) {
    return Arrays.stream(values()).filter(mode -> mode.word().equals(word)).findFirst();
  }
}
