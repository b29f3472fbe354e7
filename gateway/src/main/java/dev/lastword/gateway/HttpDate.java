package dev.lastword.gateway;

import io.netty.handler.codec.DateFormatter;
import java.util.Date;

/** The {@code Date} field, formatted once a second. One for each loop. */
final class HttpDate {
  private String text = "";

  HttpDate() {
    advance();
  }

  void advance() {
    text = DateFormatter.format(new Date());
  }

  String text() {
    return text;
  }
}
