package dev.lastword.gateway;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Where the receipts of sealed streams are shown. */
enum ReceiptMode {
  /** In the API, and to readers with the last event, as a comment. */
  WIRE,
  /** In the API only. */
  API,
  /** None are made. */
  OFF;

  static Optional<ReceiptMode> of(String word) {
    return Arrays.stream(values())
        .filter(mode -> mode.name().toLowerCase(Locale.ROOT).equals(word))
        .findFirst();
  }
}
