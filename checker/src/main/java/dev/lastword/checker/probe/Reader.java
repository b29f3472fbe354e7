package dev.lastword.checker.probe;

import dev.lastword.dialect.EndingDetector;
import dev.lastword.sse.EventTooLargeException;
import dev.lastword.sse.SseEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads responses as real readers do, and leaves as they do. */
public final class Reader {
  private static final int NARROW_BYTES = 4 * 1024;
  private static final int EVENT_BYTES_MAX = 16 * 1024 * 1024;
  private static final int KEPT_BYTES_MAX = 8 * 1024 * 1024;
  private static final int BODY_BYTES_MAX = 256 * 1024 * 1024;

  private final Connector connector;
  private final Duration silence;
  private final Duration whole;

  /**
   * @param silence longest wait for a byte
   * @param whole longest time for one response
   */
  public Reader(Connector connector, Duration silence, Duration whole) {
    this.connector = connector;
    this.silence = silence;
    this.whole = whole;
  }

  /** A connection on which nothing has been sent; what is asked on it may be silent for so long. */
  public Wire open(Request request) throws IOException {
    return patient(connector.open(request.uri(), Optional.empty()));
  }

  /** A connection whose reader takes little at a time, so that the server soon feels a stall. */
  public Wire openNarrow(Request request) throws IOException {
    return patient(connector.open(request.uri(), Optional.of(NARROW_BYTES)));
  }

  private Wire patient(Wire wire) throws IOException {
    wire.patience(silence);
    return wire;
  }

  /**
   * Sends a request and reads its response.
   *
   * @param detector tells the end of this one response
   * @throws IOException if there is no response, such as when nobody listens
   */
  public Reading read(Request request, EndingDetector detector, Conduct conduct)
      throws IOException {
    try (var wire = open(request)) {
      long started = System.nanoTime();
      wire.send(request);
      var head = wire.head();
      conduct.begins(head);
      return new Recording(wire, head, started, detector, conduct)
          .run(wire.body(head, request.method()));
    }
  }

  /** One response on its way in. */
  private final class Recording {
    private final Wire wire;
    private final Head head;
    private final long started;
    private final EndingDetector detector;
    private final Conduct conduct;
    private final List<Arrival> arrivals = new ArrayList<>();
    private final List<Reading.Piece> pieces = new ArrayList<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private Conduct.Move move = Conduct.Move.READ_ON;
    private @Nullable BodyParser parser;
    private long now;

    Recording(Wire wire, Head head, long started, EndingDetector detector, Conduct conduct) {
      this.wire = wire;
      this.head = head;
      this.started = started;
      this.detector = detector;
      this.conduct = conduct;
    }

    Reading run(Body body) throws IOException {
      var end = follow(body);
      // Behind the event at which the reader left, the parser has met ids that the reader has not.
      var lastEventId =
          end == Reading.End.LEFT || parser == null ? lastSeenId() : parser.lastEventId();
      return new Reading(
          head,
          body.framing(),
          List.copyOf(arrivals),
          List.copyOf(pieces),
          bytes.toByteArray(),
          end,
          System.nanoTime() - started,
          started,
          lastEventId,
          parser instanceof LinesBody);
    }

    private String lastSeenId() {
      return arrivals.reversed().stream()
          .map(Arrival::event)
          .filter(SseEvent::hasId)
          .findFirst()
          .map(SseEvent::id)
          .orElse("");
    }

    private Reading.End follow(Body body) throws IOException {
      var buffer = new byte[64 * 1024];
      long total = 0;
      try {
        while (total < BODY_BYTES_MAX && System.nanoTime() - started < whole.toNanos()) {
          int n = body.read(buffer);
          now = System.nanoTime() - started;
          if (n < 0) {
            if (parser != null) {
              parser.end();
            }
            move = conduct.atTheEnd();
            leave();
            return Reading.End.CLEAN;
          }
          total += n;
          pieces.add(new Reading.Piece(now, n));
          bytes.write(buffer, 0, Math.min(n, Math.max(0, KEPT_BYTES_MAX - bytes.size())));
          parser = parser == null ? parser(buffer, n) : parser;
          parser.feed(buffer, n);
          if (move != Conduct.Move.READ_ON) {
            return Reading.End.LEFT;
          }
        }
        return Reading.End.TOO_MUCH;
      } catch (SocketTimeoutException e) {
        return Reading.End.SILENT;
      } catch (EventTooLargeException e) {
        return Reading.End.TOO_MUCH;
      } catch (IOException e) {
        return Reading.End.CUT; // reset, TLS without its end, or a body that was cut off
      }
    }

    private BodyParser parser(byte[] first, int length) {
      boolean lines =
          LinesBody.isNamedBy(head) || (!head.isEventStream() && LinesBody.mayBegin(first, length));
      return lines
          ? new LinesBody(EVENT_BYTES_MAX, this::arrived)
          : new SseBody(EVENT_BYTES_MAX, this::arrived);
    }

    /** Takes events until the reader has left: what lies behind in the same bytes is not seen. */
    private void arrived(SseEvent event) {
      if (move != Conduct.Move.READ_ON) {
        return;
      }
      var arrival = new Arrival(arrivals.size(), now, event, detector.observe(event));
      arrivals.add(arrival);
      move = conduct.after(arrival);
      leave();
    }

    private void leave() {
      try {
        switch (move) {
          case READ_ON -> {}
          case CLOSE -> wire.close();
          case RESET -> wire.reset();
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot leave", e);
      }
    }
  }
}
