package dev.lastword.gateway;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import net.logstash.logback.encoder.LogstashEncoder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets the log up in code: found as a service, so that nothing is scanned and no file is parsed.
 */
public final class Logging extends ContextAwareBase implements Configurator {
  /** Called by the service loader. */
  public Logging() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    attach(context, text(context));
    level(context, Level.INFO);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Takes form and level from the settings. */
  static void configure(Settings settings) {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    level(context, level(settings));
    switch (settings.get(Setting.LOG_FORMAT)) {
      case "text" -> {}
      case "json" -> attach(context, json(context));
      default ->
          throw new ConfigException(
              settings.source(Setting.LOG_FORMAT)
                  + ": the log format is text or json, not '"
                  + settings.get(Setting.LOG_FORMAT)
                  + "'");
    }
  }

  private static Level level(Settings settings) {
    return switch (settings.get(Setting.LOG_LEVEL)) {
      case "error" -> Level.ERROR;
      case "warn" -> Level.WARN;
      case "info" -> Level.INFO;
      case "debug" -> Level.DEBUG;
      default ->
          throw new ConfigException(
              settings.source(Setting.LOG_LEVEL) + ": the log level is error, warn, info or debug");
    };
  }

  /** Our own words at the level asked for, the libraries' only where something is wrong. */
  private static void level(LoggerContext context, Level level) {
    context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
    context.getLogger("dev.lastword").setLevel(level);
  }

  private static void attach(LoggerContext context, Encoder<ILoggingEvent> encoder) {
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    var appender = new ConsoleAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    appender.start();
    root.addAppender(appender);
  }

  private static Encoder<ILoggingEvent> text(LoggerContext context) {
    var encoder = new LogLineEncoder();
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }

  private static Encoder<ILoggingEvent> json(LoggerContext context) {
    var encoder = new LogstashEncoder();
    encoder.setContext(context);
    encoder.start();
    return encoder;
  }
}
