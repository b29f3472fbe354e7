package dev.lastword.gateway;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;

/**
 * One line for one record: time, level, and the message, which is an event's name and {@code
 * key=value} pairs. Whatever could end the line or steer a terminal is escaped. A stack trace goes
 * on the same line.
 */
final class LogLineEncoder extends EncoderBase<ILoggingEvent> {
  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter();
  private static final int FRAMES_MAX = 12;
  private static final byte[] NOTHING = {};

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    var line = new StringBuilder(160);
    TIME.formatTo(Instant.ofEpochMilli(event.getTimeStamp()), line);
    line.append(' ').append(event.getLevel());
    while (line.length() < 30) {
      line.append(' ');
    }
    line.append(' ');
    escape(event.getFormattedMessage(), line);
    var thrown = event.getThrowableProxy();
    if (thrown != null) {
      append(thrown, line);
    }
    return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void append(IThrowableProxy thrown, StringBuilder line) {
    line.append(" exception=").append(thrown.getClassName());
    var message = thrown.getMessage();
    if (message != null) {
      line.append(" message=\"");
      escape(message, line);
      line.append('"');
    }
    line.append(" at=");
    var frames = thrown.getStackTraceElementProxyArray();
    for (int i = 0; i < Math.min(frames.length, FRAMES_MAX); i++) {
      line.append(i == 0 ? "" : "<").append(frames[i].getStackTraceElement());
    }
    if (thrown.getCause() != null) {
      append(thrown.getCause(), line);
    }
  }

  private static void escape(String text, StringBuilder out) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }
}
