package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import java.util.Set;

/** How the events of a stream are shown to one reader. */
enum Face {
  /** A relayed response, as the vendor's own endpoint would write it. */
  RELAY(Ids.NONE, ": hb\n\n", false),
  /**
   * A relayed response in a dialect whose clients resume at the upstream, by its ids: plain SSE and
   * MCP.
   */
  RELAY_UPSTREAM_IDS(Ids.UPSTREAM, ": hb\n\n", false),
  /**
   * A relayed response whose clients break on any comment, as google-genai for Python does: a bare
   * line end says as little, and is exact in all of its SDKs.
   */
  RELAY_WITHOUT_COMMENTS(Ids.NONE, "\n", false),
  /**
   * A relayed response whose client asked for ids. No blank line after a comment: one SDK chokes on
   * it.
   */
  RELAY_WITH_IDS(Ids.OURS, ": hb\n", false),
  /**
   * A relayed response whose client comes back wherever the connection broke, also behind an event
   * that told it of a failure: there it needs the body's end.
   */
  RELAY_DURABLE(Ids.OURS, ": hb\n", false),
  /**
   * A relayed response whose client names one of its events to come back, and not the response: ids
   * are of one event among those of all streams. The upstream's own stay.
   */
  RELAY_WITH_NAMED_IDS(Ids.NAMED, ": hb\n", false),
  /**
   * A relayed response of JSON lines, written as such. No heartbeat: a line that is blank, or no
   * JSON, breaks clients.
   */
  LINES(Ids.LINES, "", false),
  /** The stream's own URL, as an EventSource reads it. */
  STREAM(Ids.OURS, ": hb\n", true);

  /** Whose ids stand on the events, if they are written as events at all. */
  enum Ids {
    NONE,
    UPSTREAM,
    OURS,
    /** The stream's id and ours, where the upstream has none. */
    NAMED,
    /** Only their data, each on a line of its own. */
    LINES
  }

  private final Ids ids;
  private final String heartbeat;
  private final boolean reconnecting;

  Face(Ids ids, String heartbeat, boolean reconnecting) {
    this.ids = ids;
    this.heartbeat = heartbeat;
    this.reconnecting = reconnecting;
  }

  /**
   * The dialect whose SDKs give their application empty texts once an event has an id, and errors
   * for a comment.
   */
  private static final String BARE = "gemini";

  private static final Set<String> WITH_UPSTREAM_IDS = Set.of("plain", "mcp", "json-rpc", "a2a");

  /** The face of a relayed response, whose client may have asked for ids. */
  static Face ofRelay(Dialect dialect, boolean idsWanted) {
    var family = family(dialect);
    if (family.equals(BARE)) {
      return RELAY_WITHOUT_COMMENTS;
    }
    if (idsWanted) {
      return RELAY_WITH_IDS;
    }
    return WITH_UPSTREAM_IDS.contains(family) ? RELAY_UPSTREAM_IDS : RELAY;
  }

  /** The name of a dialect without its parameters, as far as it is known by now. */
  static String family(Dialect dialect) {
    var name = dialect.settled().name();
    int open = name.indexOf('(');
    return open < 0 ? name : name.substring(0, open);
  }

  Ids ids() {
    return ids;
  }

  /**
   * What is written when nothing else is said, of which no parser makes an event; {@code ""} where
   * nothing may be.
   */
  String heartbeat() {
    return heartbeat;
  }

  /**
   * A comment that goes out with an event, or {@code ""} where none may: a block of its own before
   * the event, or a line of the event's block, as a heartbeat is. Where an upstream's ids are shown
   * to whoever may choke on such a block behind one, an event that has one keeps it in its own.
   *
   * @param withId whether the upstream gave the event an id
   */
  String comment(String text, boolean withId) {
    if (!heartbeat.startsWith(":")) {
      return "";
    }
    return ids == Ids.UPSTREAM && withId ? ": " + text + "\n" : heartbeat.replace("hb", text);
  }

  /**
   * What ends otherwise than complete ends its body, too: its last event has said so, in a way that
   * this reader never takes for a success.
   */
  boolean endsInBand() {
    return this == RELAY_DURABLE;
  }

  /**
   * The reader comes back by itself: it is told when, and never told of errors that are only its
   * connection's.
   */
  boolean reconnecting() {
    return reconnecting;
  }
}
