package dev.lastword.gateway;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one response that passes through, and says so once if it streams: whoever put a gateway
 * there to keep answers wants to know which are not kept.
 */
final class Unsaved {
  private static final Logger log = LoggerFactory.getLogger(Unsaved.class);

  private static final String LINES_KIND = "lines";

  /** Content types of streams, each with the word that counts it. */
  private static final Map<String, String> STREAMS =
      Map.ofEntries(
          Map.entry("text/event-stream", "event-stream"),
          Map.entry("application/json-seq", "json-seq"),
          Map.entry("application/vnd.amazon.eventstream", "amazon-eventstream"),
          Map.entry("application/grpc", "grpc"),
          Map.entry("application/grpc-web", "grpc"),
          Map.entry("multipart/x-mixed-replace", "multipart"));

  /** JSON on lines, under all the names that servers give it; none of them is registered. */
  private static final Pattern LINES =
      Pattern.compile(
          "(application|text)/(x-)?(nd-?json|ld-?json|json-?l(ines)?|json-?stream|"
              + "stream\\+json)");

  /** Parts, and time between the first and the last, from which on a body has been streamed. */
  private static final int PARTS_MIN = 3;

  private static final long NANOS_MIN = TimeUnit.SECONDS.toNanos(1);

  private final GatewayMetrics metrics;
  private final String path;
  private final int status;
  private final boolean lengthKnown;
  private boolean told;
  private int parts;
  private long firstNanos;

  Unsaved(GatewayMetrics metrics, String path, int status, HttpHeaders headers) {
    this.metrics = metrics;
    this.path = path;
    this.status = status;
    this.lengthKnown = headers.contains(HttpHeaderNames.CONTENT_LENGTH);
    var type = essence(headers);
    var kind = isLines(type) ? LINES_KIND : STREAMS.get(type);
    if (kind != null && !lengthKnown) {
      tell(kind);
    }
  }

  /**
   * What a content type says without its parameters, in lower case. Of several, joined by a proxy
   * because two layers of a server said theirs, the first.
   */
  static String essence(HttpHeaders headers) {
    var type = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
    int end = 0;
    while (end < type.length() && ";,".indexOf(type.charAt(end)) < 0) {
      end++;
    }
    return type.substring(0, end).strip().toLowerCase(Locale.ROOT);
  }

  /** Whether a content type is one of JSON on lines. */
  static boolean isLines(String essence) {
    return LINES.matcher(essence).matches();
  }

  /** A part passes. */
  void part() {
    if (parts++ == 0) {
      firstNanos = System.nanoTime();
    }
  }

  /** The last part has passed. */
  void complete() {
    if (!told
        && !lengthKnown
        && parts >= PARTS_MIN
        && System.nanoTime() - firstNanos >= NANOS_MIN) {
      tell("other");
    }
  }

  private void tell(String kind) {
    told = true;
    metrics.unsaved(kind);
    log.warn("relay.unsaved path={} status={} kind={}", path, status, kind);
  }
}
