package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.UpstreamError;
import dev.lastword.sse.EventParser;
import dev.lastword.sse.EventTooLargeException;
import dev.lastword.sse.SseEvent;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The beginning of an event stream, held until it is known to be an answer: nobody has been told
 * anything yet, so that what fails before its first content can still be a status, or another
 * upstream's answer.
 *
 * <pre>
 *   HOLDING --content, an ending, its time or its room is over--> begun
 *      '--the upstream's error event, no such coding, the end-----> failed
 * </pre>
 *
 * On its exchange's loop. It tells its listener once, never in the middle of a part.
 */
final class HeldResponse {
  /** Most bytes that are held; some vendors repeat the request in their first event. */
  static final int BYTES_MAX = 256 << 10;

  /** Held without asking: what these take is bounded by how many calls may run. */
  private static final int FREE_BYTES = 16 << 10;

  /** Told what has become of it. */
  interface Listener {
    /** It is an answer: what was held goes before all that comes. */
    void begun(HeldResponse held);

    /** The upstream has said in an event that it failed. */
    void refused(HeldResponse held, UpstreamError error);

    /** Its body ended, or cannot be read, before anything of an answer came. */
    void broken(HeldResponse held, String code, String detail);
  }

  private final RelayedStream.Head head;
  private final RequestFacts facts;
  private final ResponseBudget budget;
  private final Listener listener;
  private final EndingDetector detector;
  private final EventParser parser;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Dialect asked;
  private Dialect dialect;
  private ResponseBudget.@Nullable Lease lease;
  private boolean decided;
  private boolean told;
  private @Nullable UpstreamError error;

  /**
   * @param head what the upstream has answered so far
   * @param facts what the request said
   * @param eventBytesMax largest event that is looked at
   * @param budget where room beyond the first is taken from
   */
  HeldResponse(
      RelayedStream.Head head,
      Dialect dialect,
      RequestFacts facts,
      int eventBytesMax,
      ResponseBudget budget,
      Listener listener) {
    this.head = head;
    this.asked = dialect;
    this.dialect = dialect;
    this.facts = facts;
    this.budget = budget;
    this.listener = listener;
    this.detector = dialect.detector(facts);
    this.parser = head.framing().parser(eventBytesMax, this::observe);
  }

  RelayedStream.Head head() {
    return head;
  }

  /** The dialect that it was taken for by its head. */
  Dialect dialect() {
    return asked;
  }

  RequestFacts facts() {
    return facts;
  }

  /** What was held, decoded. */
  byte[] bytes() {
    return bytes.toByteArray();
  }

  /** The next part of the body; the buffer stays the caller's. */
  void part(ByteBuf part) {
    try {
      head.decoder().part(part, this::take);
    } catch (IOException e) {
      broken("upstream_encoded", "the upstream's compressed response cannot be read");
      return;
    }
    tell();
  }

  private void take(ByteBuffer decoded) {
    keep(decoded);
    if (decided) {
      return;
    }
    try {
      parser.feed(decoded);
    } catch (EventTooLargeException e) {
      decided = true; // whoever takes the answer says so
    }
    if (bytes.size() > BYTES_MAX || !hasRoom()) {
      decided = true;
    }
  }

  private void keep(ByteBuffer decoded) {
    var copy = new byte[decoded.remaining()];
    decoded.duplicate().get(copy);
    bytes.writeBytes(copy);
  }

  private boolean hasRoom() {
    if (bytes.size() > FREE_BYTES && lease == null) {
      lease = budget.take(BYTES_MAX).orElse(null);
      return lease != null;
    }
    return true;
  }

  private void observe(SseEvent event) {
    if (decided) {
      return;
    }
    var sign = detector.observe(event);
    detector.settled().ifPresent(shown -> dialect = shown);
    switch (sign) {
      case CONTENT -> decided = !dialect.isPreamble(event);
      case ENDING, TAIL, TERMINAL -> decided = true;
      case ERROR -> {
        decided = true;
        error = dialect.failure(event).orElse(null);
      }
    }
  }

  /** The body has ended as its framing says. */
  void complete() {
    if (!decided) {
      parser.unfinished().ifPresent(this::observe);
    }
    if (decided || (detector.endOfBodyCompletes() && head.decoder().isWhole())) {
      decided = true;
      tell();
    } else {
      broken(
          "upstream_truncated",
          "the upstream ended its response before anything of an answer came");
    }
  }

  /** It has been held long enough: what is there goes on its way. */
  void release() {
    decided = true;
    tell();
  }

  private void tell() {
    if (!decided || told) {
      return;
    }
    told = true;
    if (error == null) {
      listener.begun(this);
    } else {
      close();
      listener.refused(this, error);
    }
  }

  private void broken(String code, String detail) {
    if (!told) {
      told = true;
      close();
      listener.broken(this, code, detail);
    }
  }

  /** Lets go of what it holds, where nobody takes the answer. */
  void close() {
    told = true;
    forget();
    head.decoder().close();
  }

  /** The answer has been taken with its decoder. */
  void forget() {
    if (lease != null) {
      lease.close();
      lease = null;
    }
  }
}
