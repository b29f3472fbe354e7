package com.launchdarkly.eventsource;

import com.launchdarkly.logging.LDLogger;
import com.launchdarkly.logging.Logs;
import java.io.InputStream;
import java.net.URI;
import java.util.function.Consumer;

/** LaunchDarkly's parser without its connection; the parser is package-private there. */
public final class LaunchDarklyParser {
  private static final LDLogger SILENT = LDLogger.withAdapter(Logs.none(), "bench");
  private static final URI ORIGIN = URI.create("http://localhost/");

  private final EventParser parser;

  /** A parser of a body that is read {@code readBytes} at a time. */
  public LaunchDarklyParser(InputStream body, int readBytes) {
    parser = new EventParser(body, ORIGIN, readBytes, false, null, SILENT, null);
  }

  /** Hands each event to {@code events} until the body ends. */
  public void forEach(Consumer<MessageEvent> events) throws StreamException {
    try {
      while (true) {
        if (parser.nextEvent() instanceof MessageEvent event) {
          events.accept(event);
        }
      }
    } catch (StreamClosedByServerException ignored) {
      // How this parser says that the body is over.
    }
  }
}
