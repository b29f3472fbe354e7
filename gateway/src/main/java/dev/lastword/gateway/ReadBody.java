package dev.lastword.gateway;

import dev.lastword.sse.EventDigest;
import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** A body of Server-Sent Events, read as a reader does, with the receipt that stands in it. */
final class ReadBody {
  private static final Pattern RECEIPT =
      Pattern.compile("(?:^|[\\r\\n]): ?" + SignedReceipt.COMMENT + "([\\w.-]+)(?=[\\r\\n]|$)");

  private final EventDigest digest = new EventDigest();
  private String lastId = "";

  private ReadBody() {}

  /**
   * Reads a body.
   *
   * @param from where it comes from, as a sentence says it
   * @param stream id of its stream, {@code ""} if nobody said
   * @param ids whether the events have ids of the stream
   */
  static SealedEvents of(String from, String stream, byte[] body, boolean ids) {
    var read = new ReadBody();
    var parser = new SseParser(Integer.MAX_VALUE, read::take);
    parser.feed(body, 0, body.length);
    var text = RECEIPT.matcher(new String(body, StandardCharsets.ISO_8859_1));
    var receipt = "";
    while (text.find()) {
      receipt = text.group(1);
    }
    return SealedEvents.of(from, stream, read.digest, ids ? read.lastId : "", "", receipt);
  }

  private void take(SseEvent event) {
    digest.add(event);
    lastId = event.id();
  }
}
