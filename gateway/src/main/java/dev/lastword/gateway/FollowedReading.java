package dev.lastword.gateway;

import dev.lastword.cluster.Shard;
import dev.lastword.cluster.Where;
import dev.lastword.journal.Outcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A reader of a stream whose shard another node has. Where that node dies the reader stays: it gets
 * heartbeats, and goes on behind its last event with whoever has the shard by then. It is told an
 * end only when that has been said by who has the shard.
 *
 * <pre>
 *   ASKING --head--> READING --the connection broke--> WAITING --1 to 3 s--> ASKING
 *      |                |'--and had brought an event---------------------------^
 *      '--not there-----|---------------------------------> WAITING
 *                       '--complete--> over
 * </pre>
 */
final class FollowedReading implements InnerExchange.Told {
  /**
   * A node that has died is replaced within its lease; so long without an event, or an answer that
   * stood for a while, nobody comes any more.
   */
  static final long WAIT_MAX_MS = 120_000;

  /** How often it is looked whether somebody else has the shard. */
  private static final long LOOK_MS = 250;

  private static final long AGAIN_MS_MIN = 1_000;
  private static final long AGAIN_MS_MAX = 3_000;
  private static final String LAST_EVENT_ID = "last-event-id";
  private static final String LAST_EVENT_PARAMETER = "lastEventId";
  private static final byte[] HEARTBEAT =
      Face.STREAM.heartbeat().getBytes(StandardCharsets.US_ASCII);

  private final Front front;
  private final Shard shard;
  private final Exchange exchange;
  private final Route here;
  private final RequestHead head;
  private final String id;
  private final WholeEvents events;
  private final @Nullable Rollover rollover;
  private @Nullable ShardCall call;

  /** The head of an answer that is no event stream has come: it passes as it is. */
  private boolean passing;

  private boolean done;
  private long askedNanos = System.nanoTime();
  private Where askedOf = new Where.Nobody();
  private long lastByteNanos = System.nanoTime();
  private long progressNanos = lastByteNanos;

  /** Since when this call is answered with events; none if that is empty. */
  private OptionalLong answeredNanos = OptionalLong.empty();

  /** This call has brought an event. */
  private boolean brought;

  private FollowedReading(Front front, Shard shard, Exchange exchange, Route here, String id) {
    this.front = front;
    this.shard = shard;
    this.exchange = exchange;
    this.here = here;
    this.head = exchange.request();
    this.id = id;
    this.events = new WholeEvents("");
    this.rollover = front.readers().rolloverOf(exchange, Face.STREAM);
  }

  /**
   * Answers a {@code GET} of a stream's events.
   *
   * @param id of the stream
   */
  static void start(Front front, Shard shard, Exchange exchange, Route here, String id) {
    var reading = new FollowedReading(front, shard, exchange, here, id);
    exchange.listen(reading.new Reader());
    reading.ask();
  }

  private void ask() {
    if (!done) {
      askedNanos = System.nanoTime();
      askedOf = front.node().of(shard);
      brought = false;
      call = ShardCall.start(front, shard, here, exchange.loop(), asked(), this);
    }
  }

  /** The request as it goes on from the last event that the reader has. */
  private RequestHead asked() {
    if (events.lastId().isEmpty()) {
      return head;
    }
    var headers = new DefaultHttpHeaders();
    headers.add(head.headers());
    headers.set(LAST_EVENT_ID, events.lastId());
    return head.with(head.targetWithout(LAST_EVENT_PARAMETER), headers);
  }

  // --- the answer

  @Override
  public void head(int status, HttpHeaders headers) {
    if (status == 200) {
      answeredNanos = OptionalLong.of(System.nanoTime());
    }
    if (exchange.started()) {
      goOn(status, headers);
    } else if (isForNow(status) && EventsRoute.isEventSource(exchange)) {
      leaveCall(); // any status is the end of everything for it
      waitFor();
    } else if (status != 200) {
      passing = true;
      exchange.start(status, headers);
      exchange.flush();
    } else {
      start(status, headers);
      exchange.flush();
    }
  }

  /** Whether a node says that it has too much to do now, and nothing of the stream. */
  private static boolean isForNow(int status) {
    return status == 429 || status == 503;
  }

  /** The reader has a head already, and perhaps events. */
  private void goOn(int status, HttpHeaders headers) {
    if (status == 204) {
      nothingMore(Outcome.COMPLETED.word().equals(headers.get(OwnHeaders.OUTCOME)));
    } else if (isForNow(status) || status >= 500) {
      leaveCall();
      waitFor();
    } else if (status != 200) {
      breakOff(); // it asks itself, and is told why
    }
  }

  /** It has been told everything; whether as complete, who has the stream has said. */
  private void nothingMore(boolean completed) {
    if (completed) {
      finish();
      exchange.end();
    } else {
      breakOff();
    }
  }

  @Override
  public void part(ByteBuf part) {
    if (done) {
      part.release();
      return;
    }
    lastByteNanos = System.nanoTime();
    if (passing) {
      exchange.write(part);
      return;
    }
    boolean free = free();
    var before = events.lastId();
    var whole = events.take(part);
    part.release();
    boolean event = !events.lastId().equals(before);
    if (event) {
      brought = true;
      progressed();
    }
    if (!whole.isReadable()) {
      whole.release();
    } else if (event && free && !events.isPartial() && isDue()) {
      exchange.write(Rollover.retry()); // belongs to the event that follows
      exchange.write(whole);
      rollOver();
    } else {
      exchange.write(whole);
    }
  }

  private boolean isDue() {
    return rollover != null && rollover.due(System.nanoTime());
  }

  /** All that was written has gone out, and ends with an event. */
  private boolean free() {
    return !events.isPartial() && exchange.pendingBytes() == 0;
  }

  @Override
  public void pause() {
    exchange.flush();
  }

  @Override
  public void over(boolean complete) {
    callOver();
    if (done) {
      return;
    }
    if (complete && exchange.started()) {
      finish();
      exchange.end();
    } else if (passing || events.isPartial()) {
      breakOff();
    } else {
      exchange.flush();
      again();
    }
  }

  /**
   * Asks again, at once where an event had come: who answers and breaks is not asked in a circle.
   */
  private void again() {
    events.forgetRest();
    if (brought) {
      ask();
    } else {
      waitFor();
    }
  }

  private void waitFor() {
    if (done) {
      return;
    }
    if (System.nanoTime() - progressNanos < TimeUnit.MILLISECONDS.toNanos(WAIT_MAX_MS)) {
      var _ = exchange.loop().schedule(LOOK_MS, this::askIfWorthIt);
    } else if (exchange.started()) {
      breakOff();
    } else {
      finish();
      Front.unreachable(shard).send(exchange);
    }
  }

  /** A node that is dead is asked only now and then: there may be thousands who wait for it. */
  private void askIfWorthIt() {
    boolean same = front.node().of(shard).equals(askedOf);
    long waitedMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - askedNanos);
    if (same && waitedMs < ThreadLocalRandom.current().nextLong(AGAIN_MS_MIN, AGAIN_MS_MAX)) {
      waitFor();
    } else {
      ask();
    }
  }

  private void progressed() {
    progressNanos = System.nanoTime();
  }

  /** An answer that stood for a while is progress: a stream may have nothing to say for hours. */
  private void callOver() {
    call = null;
    if (answeredNanos.isPresent()
        && System.nanoTime() - answeredNanos.getAsLong()
            >= TimeUnit.MILLISECONDS.toNanos(AGAIN_MS_MAX)) {
      progressed();
    }
    answeredNanos = OptionalLong.empty();
  }

  @Override
  public boolean writable() {
    return !done && exchange.writable();
  }

  @Override
  public long pendingBytes() {
    return exchange.pendingBytes();
  }

  // --- the reader

  /** The one who reads. */
  private final class Reader implements ExchangeListener {
    @Override
    public void writable() {
      if (call != null) {
        call.becameWritable();
      }
    }

    @Override
    public void gone() {
      if (!done) {
        finish();
      }
    }

    @Override
    public void tick(long nowNanos) {
      if (!done && !passing) {
        look(nowNanos);
      }
    }
  }

  private void look(long nowNanos) {
    boolean free = free();
    if (rollover != null && rollover.overdue(nowNanos) && free) {
      rollOver();
      return;
    }
    var asking = call;
    if (asking != null && !asking.isThere()) {
      leaveCall(); // who had it may be silent, and somebody else has it now
      if (events.isPartial()) {
        breakOff();
      } else {
        events.forgetRest();
        ask();
      }
      return;
    }
    if (asking != null) {
      asking.tick(nowNanos);
    }
    boolean quiet =
        nowNanos - lastByteNanos >= TimeUnit.MILLISECONDS.toNanos(front.readers().heartbeatMs());
    if (quiet && !done && free) {
      lastByteNanos = nowNanos;
      start(200, OwnHeaders.ofEvents(id));
      exchange.write(Unpooled.wrappedBuffer(HEARTBEAT));
      exchange.flush();
    }
  }

  private void start(int status, HttpHeaders headers) {
    if (!exchange.started()) {
      exchange.start(status, headers);
      exchange.settle();
    }
  }

  private void leaveCall() {
    var leaving = call;
    if (leaving != null) {
      callOver();
      leaving.leave();
    }
  }

  private void breakOff() {
    finish();
    exchange.abort();
  }

  /** Lets the reader go before a proxy does: it comes back by itself. */
  private void rollOver() {
    front.readers().metrics().rolledOver();
    breakOff();
  }

  private void finish() {
    done = true;
    leaveCall();
    events.close();
  }
}
