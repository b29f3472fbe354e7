package dev.lastword.checker.form;

import dev.lastword.sse.SseEvent;
import java.util.Set;

/** Events that keep a connection alive, and are no part of what is said. */
public final class Heartbeats {
  private static final Set<String> WORDS = Set.of("ping", "heartbeat", "keepalive", "keep", "hb");

  private Heartbeats() {}

  /** Whether an event is named as one. */
  public static boolean include(SseEvent event) {
    return EndSearch.named(event, Heartbeats::isName);
  }

  private static boolean isName(String name) {
    var words = EndNames.words(name.replaceAll("(?i)keep[-_ ]?alive", "keepalive"));
    return !words.isEmpty() && WORDS.containsAll(words);
  }
}
