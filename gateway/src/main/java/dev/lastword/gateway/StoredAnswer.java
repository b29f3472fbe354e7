package dev.lastword.gateway;

import dev.lastword.dialect.PlainDialect;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Generation;
import dev.lastword.stream.Home;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Place;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamRequest;
import dev.lastword.stream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is no event stream, to a request with a key. It goes on to its client as it comes,
 * but for its last part: that is held until the whole is on disk, so that whoever was told the end
 * is told the same again under the key. It becomes a stream whose events are its body, and so is in
 * the journal, the archive and the lists as any other.
 *
 * <p>One that is longer than may be kept passes through; nothing can be had again under its key.
 * Where there is no memory for its next part at the moment, the upstream waits until there is: only
 * one that has waited for {@link #WAIT_MAX_MS} passes through as well.
 */
final class StoredAnswer implements Upstream, OpenListener {
  /** Largest body that is kept. */
  static final int BYTES_MAX = 1 << 20;

  /** Held without asking: what these take is bounded by how many calls may run. */
  private static final int FREE_BYTES = 16 << 10;

  /** Least that is asked for beyond that. */
  private static final int LEASE_BYTES_MIN = 64 << 10;

  /** How long the upstream waits for memory: readers and requests give theirs back in seconds. */
  static final long WAIT_MAX_MS = 60_000;

  /** How often it is looked whether there is memory again. */
  private static final long LOOK_MS = 50;

  /** Bytes of the body in one event; a multiple of three, so that Base64 has no padding within. */
  private static final int PART = 48 << 10;

  /** Stands with a stream whose events are such a body. */
  private static final String ATTRIBUTE = "body";

  /** No text in it means anything. */
  private static final PlainDialect DIALECT = new PlainDialect(List.of(), false);

  private final Relay relay;
  private final Recurrence recurrence;
  private final Map<String, String> written;
  private final Exchange exchange;
  private final Asker asker;
  private final RequestHead request;
  private final KeptHead head;
  private final HttpHeaders upstream;
  private final UpstreamCall call;
  private final Place place;
  private final RequestQuotas quotas;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private ResponseBudget.@Nullable Lease lease;
  private @Nullable ByteBuf last;
  private boolean passing;

  /** Parts that wait for memory: no more than were on their way when the upstream was told. */
  private final Queue<ByteBuf> waiting = new ArrayDeque<>();

  private Home.@Nullable Timer look;
  private long waitingSinceNanos;

  /** All parts have come. */
  private boolean whole;

  /**
   * @param recurrence told what has become of it
   * @param written what is written down with it
   * @param head what is written down of the upstream's, and whoever asks again is told
   * @param upstream the fields of the upstream's answer, all of which are of the client that asked
   * @param place where it was admitted, which it takes over
   */
  StoredAnswer(
      Relay relay,
      Recurrence recurrence,
      Map<String, String> written,
      Exchange exchange,
      Asker asker,
      RequestHead request,
      KeptHead head,
      HttpHeaders upstream,
      UpstreamCall call,
      Place place,
      RequestQuotas quotas) {
    this.relay = relay;
    this.recurrence = recurrence;
    this.written = written;
    this.exchange = exchange;
    this.asker = asker;
    this.request = request;
    this.head = head;
    this.upstream = upstream;
    this.call = call;
    this.place = place;
    this.quotas = quotas;
  }

  /** Whether the events of a stream are the body of such an answer. */
  static boolean is(Map<String, String> attributes) {
    return attributes.containsKey(ATTRIBUTE);
  }

  /** The next part; the buffer stays the caller's. */
  void part(ByteBuf part) {
    waiting.add(part.retain());
    if (look == null) {
      takeWaiting();
    }
  }

  private void takeWaiting() {
    for (var part = waiting.peek(); part != null; part = waiting.peek()) {
      if (!passing && body.size() + part.readableBytes() > BYTES_MAX) {
        pass("answer_too_large", "The answer was too large to be kept for its key.");
      }
      if (!passing && !hasRoom(part)) {
        if (isWorthWaiting()) {
          exchange.flush();
          call.readWanted(false);
          look = exchange.loop().schedule(LOOK_MS, this::look);
          return;
        }
        pass("overloaded", "There was no memory to keep the answer for its key.");
      }
      waitingSinceNanos = 0;
      take(waiting.remove());
    }
    if (whole) {
      end();
      return;
    }
    exchange.flush();
    call.readWanted(exchange.gone() || exchange.writable());
  }

  private void look() {
    look = null;
    takeWaiting();
  }

  private boolean isWorthWaiting() {
    long now = System.nanoTime();
    if (waitingSinceNanos == 0) {
      waitingSinceNanos = now;
    }
    return now - waitingSinceNanos < TimeUnit.MILLISECONDS.toNanos(WAIT_MAX_MS);
  }

  /** It goes on to its client, and is not kept. */
  private void pass(String code, String message) {
    passing = true;
    close();
    open().fail(code, message);
  }

  private void take(ByteBuf part) {
    if (!passing) {
      var bytes = new byte[part.readableBytes()];
      part.getBytes(part.readerIndex(), bytes);
      body.writeBytes(bytes);
    }
    writeLast();
    last = part;
    if (passing) {
      writeLast();
    }
  }

  /** The client takes more, or has gone: what is kept is read to its end all the same. */
  void writable() {
    if (passing && exchange.gone()) {
      call.abort();
    } else if (look == null) {
      call.readWanted(true);
    }
  }

  private void writeLast() {
    if (last != null) {
      start();
      exchange.write(last);
      last = null;
    }
  }

  private void start() {
    if (!exchange.started() && !exchange.gone()) {
      var headers = RelayHeaders.toClient(upstream);
      headers.set("lastword-stream", place.id().value());
      relay.metrics().relayed(head.status());
      exchange.start(head.status(), headers);
    }
  }

  /** Whether there is memory for what has come with this part. */
  private boolean hasRoom(ByteBuf part) {
    int size = body.size() + part.readableBytes();
    if (size <= FREE_BYTES) {
      return true;
    }
    int needed = LEASE_BYTES_MIN;
    while (needed < size) {
      needed *= 2;
    }
    var taken = lease;
    if (taken != null) {
      return taken.growTo(needed);
    }
    lease = relay.budget().take(needed).orElse(null);
    return lease != null;
  }

  /** All of it has come. */
  void complete() {
    whole = true;
    if (look == null) {
      end();
    }
  }

  private void end() {
    if (passing) {
      exchange.end();
      return;
    }
    var generation = open();
    var bytes = body.toByteArray();
    for (int at = 0; at < bytes.length; at += PART) {
      var part = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + PART));
      var event = "data: " + WholeBody.encoded(part) + "\n\n";
      generation.feed(ByteBuffer.wrap(event.getBytes(StandardCharsets.US_ASCII)));
    }
    generation.endOfBody(true);
    close();
  }

  private Generation open() {
    var attributes = new HashMap<>(written);
    attributes.put(ATTRIBUTE, "base64");
    attributes.put(Attributes.PATH, request.path());
    if (!passing && KeptUsage.isReadable(head.headers())) {
      KeptUsage.of(body.toByteArray()).writeTo(attributes);
    }
    var wanted =
        new StreamRequest(
            asker.owner(),
            DIALECT,
            Framing.EVENTS,
            RequestFacts.NONE,
            attributes,
            Optional.empty());
    quotas.generations().ended();
    return relay.streams().open(place, wanted, exchange.loop(), this, this);
  }

  /**
   * It has come to nothing: the key is free again. False if its client was told a part of it
   * already, which ends broken.
   */
  boolean failed() {
    close();
    boolean untold = !exchange.started();
    lost();
    if (!passing) {
      quotas.generations().ended();
      place.giveBack();
      recurrence.failed();
    }
    if (exchange.started()) {
      exchange.abort();
    }
    return untold;
  }

  private void close() {
    body.reset();
    if (lease != null) {
      lease.close();
      lease = null;
    }
  }

  // --- told by the streams

  @Override
  public void opened(Stream stream) {
    recurrence.stored();
    if (!passing) {
      WholeBody.read(exchange.loop(), stream, new Saved());
    }
  }

  /** What has become of it on the disk. */
  private final class Saved implements WholeBody.Reader {
    @Override
    public void whole(byte[] saved) {
      writeLast();
      start();
      exchange.end();
    }

    @Override
    public void partial() {
      lost();
      exchange.abort();
    }

    /** Asked again under its key it may be there. */
    @Override
    public void unreadable(String code, String message) {
      lost();
      if (exchange.started()) {
        exchange.abort();
      } else {
        Problem.unavailable(code, message).send(exchange);
      }
    }
  }

  @Override
  public void refused(OpenRefusal why) {
    recurrence.failed();
    if (passing) {
      return;
    }
    lost();
    if (exchange.started()) {
      exchange.abort();
    } else {
      relay.refuse(exchange, request.clientText(), why);
    }
  }

  private void lost() {
    if (look != null) {
      look.cancel();
      look = null;
    }
    for (var part = waiting.poll(); part != null; part = waiting.poll()) {
      part.release();
    }
    if (last != null) {
      last.release();
      last = null;
    }
  }

  /** Nothing waits for the disk that the whole answer does not wait for. */
  @Override
  public void pause() {}

  @Override
  public void resume() {}

  /** It has come whole, or goes on to its client. */
  @Override
  public void abort() {}
}
