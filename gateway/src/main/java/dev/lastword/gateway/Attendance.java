package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Answer;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.Home;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Streams;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which running responses have somebody who waits for them, and what becomes of those that have
 * not. Touched when a reader comes or goes, never for an event.
 *
 * <p>A response that has begun is never dropped for want of room. Instead new ones are refused
 * while {@code max} have nobody; and of calls that have not been answered yet those are let go
 * whose clients leave when as many are waited for in vain.
 */
final class Attendance {
  private static final Logger log = LoggerFactory.getLogger(Attendance.class);

  /**
   * How long a response waits, at least, for readers whom the gateway has sent away, or whose node
   * has lost its connection.
   */
  static final long BACK_MS = 10_000;

  /** Dialects whose streams under GET are no answers, but feeds. */
  private static final Set<String> FEEDS = Set.of("plain", "mcp");

  private final Streams streams;
  private final AtomicInteger unread = new AtomicInteger();
  private final ConcurrentHashMap<StreamId, Attended> running = new ConcurrentHashMap<>();

  /**
   * @param all counts, among others, calls that run without anybody who waits
   */
  Attendance(Streams streams, RouteQuotas all, GatewayMetrics metrics) {
    this.streams = streams;
    metrics.gauge(
        "lastword.unattended",
        "Responses and calls that nobody waits for now",
        () -> unread.get() + all.unattendedCalls().now());
  }

  /**
   * A response has become a stream. On its home.
   *
   * @param withReader whether somebody is about to read it
   * @param seat counts it while nobody does
   */
  void began(
      Stream stream, Home home, OnDisconnect policy, boolean withReader, UnattendedSeat seat) {
    running.put(stream.id(), new Attended(stream, home, policy, seat));
    if (!withReader) {
      changed(stream);
    }
  }

  /** Its upstream has nothing more to say. */
  @SuppressWarnings("ReferenceEquality") // another stream may have been refused for its id
  void ended(Stream stream) {
    var here = running.get(stream.id());
    if (here != null && here.stream == stream && running.remove(stream.id(), here)) {
      here.end();
    }
  }

  /**
   * Whether a stream under a method that only reads is a feed, which nobody waits for the end of.
   */
  static boolean isFeed(Dialect dialect) {
    return FEEDS.contains(Face.family(dialect));
  }

  /** A reader has come. On its loop. */
  void came(Stream stream) {
    var here = running.get(stream.id());
    if (here != null) {
      here.came();
    }
  }

  /** A reader has gone. On its loop. */
  void changed(Stream stream) {
    var here = running.get(stream.id());
    if (here != null) {
      here.count();
    }
  }

  /**
   * A reader goes who comes back by itself, or with other credentials, since it is sent away or the
   * wire to its node has broken: that is no leaving. Said before it is gone. On its loop.
   */
  void sendsAway(Stream stream) {
    var here = running.get(stream.id());
    if (here != null) {
      here.sendsAway();
    }
  }

  /** One running response. */
  private final class Attended {
    private final Stream stream;
    private final Home home;
    private final OnDisconnect policy;
    private final UnattendedSeat seat;
    private boolean alone;
    private boolean over;
    private Home.@Nullable Timer timer;

    /** Readers who were sent away and are not back. */
    private int sentAway;

    /** Until when these are waited for. */
    private long backUntilNanos;

    Attended(Stream stream, Home home, OnDisconnect policy, UnattendedSeat seat) {
      this.stream = stream;
      this.home = home;
      this.policy = policy;
      this.seat = seat;
    }

    /** Looks whether anybody reads; whoever comes or goes calls it after that. */
    synchronized void count() {
      boolean now = !over && stream.view().subscribers() == 0;
      if (now == alone) {
        return;
      }
      alone = now;
      unread.addAndGet(now ? 1 : -1);
      if (now) {
        seat.take();
      } else {
        seat.giveBack();
      }
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
      if (now && stream.outcome() == null) {
        left();
      }
    }

    /** Whoever comes may be one who was sent away. */
    synchronized void came() {
      if (sentAway > 0) {
        sentAway--;
      }
      count();
    }

    synchronized void sendsAway() {
      sentAway++;
      backUntilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BACK_MS);
    }

    private void left() {
      long afterMs =
          switch (policy.kind()) {
            case CONTINUE, CANCEL -> policy.afterMs();
            case AUTO -> isFeed(stream.dialect()) ? 0 : policy.afterMs();
          };
      timer = home.schedule(Math.max(afterMs, backMs()), this::cancel);
    }

    private long backMs() {
      return sentAway == 0
          ? 0
          : TimeUnit.NANOSECONDS.toMillis(Math.max(0, backUntilNanos - System.nanoTime()));
    }

    private void cancel() {
      synchronized (this) {
        if (!alone) {
          return;
        }
      }
      log.info("stream.deserted stream={}", stream.id());
      streams.cancel(Owner.ALL, stream.id(), UNHEEDED);
    }

    synchronized void end() {
      over = true;
      count();
    }
  }

  private static final Answer<CancelResult> UNHEEDED =
      new Answer<>() {
        @Override
        public void succeeded(CancelResult result) {
          // The outcome is in the log and the journal; nobody is there to be told.
        }

        @Override
        public void failed(RuntimeException cause) {
          log.warn("stream.desertion_failed cause={}", cause.toString());
        }
      };
}
