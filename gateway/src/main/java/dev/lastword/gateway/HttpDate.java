package dev.lastword.gateway;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The {@code Date} field, formatted once a second. One for each loop. */
final class HttpDate {
  private static final DateTimeFormatter FORM =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private String text = "";

  HttpDate() {
    advance();
  }

  void advance() {
    text = FORM.format(Instant.now());
  }

  String text() {
    return text;
  }
}
