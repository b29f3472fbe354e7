package dev.lastword.gateway;

/** How the events of a stream are shown to one reader. */
enum Face {
  /** A relayed response, as the vendor's own endpoint would write it. */
  RELAY(Ids.NONE, ": hb\n\n", false),
  /** A relayed response in the plain dialect: the ids are the upstream's. */
  RELAY_PLAIN(Ids.UPSTREAM, ": hb\n\n", false),
  /**
   * A relayed response whose client asked for ids. No blank line after a comment: one SDK chokes on
   * it.
   */
  RELAY_WITH_IDS(Ids.OURS, ": hb\n", false),
  /** The stream's own URL, as an EventSource reads it. */
  STREAM(Ids.OURS, ": hb\n", true);

  /** Whose ids stand on the events. */
  enum Ids {
    NONE,
    UPSTREAM,
    OURS
  }

  private final Ids ids;
  private final String heartbeat;
  private final boolean reconnecting;

  Face(Ids ids, String heartbeat, boolean reconnecting) {
    this.ids = ids;
    this.heartbeat = heartbeat;
    this.reconnecting = reconnecting;
  }

  Ids ids() {
    return ids;
  }

  /** A comment for when nothing else is said. */
  String heartbeat() {
    return heartbeat;
  }

  /**
   * The reader comes back by itself: it is told when, and never told of errors that are only its
   * connection's.
   */
  boolean reconnecting() {
    return reconnecting;
  }
}
