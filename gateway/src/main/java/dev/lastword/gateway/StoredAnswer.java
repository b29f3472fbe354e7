package dev.lastword.gateway;

import dev.lastword.dialect.PlainDialect;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Generation;
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
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is no event stream, to a request with a key. It goes on to its client as it comes,
 * but for its last part: that is held until the whole is on disk, so that whoever was told the end
 * is told the same again under the key. It becomes a stream whose events are its body, and so is in
 * the journal, the archive and the lists as any other.
 *
 * <p>One that is longer than may be kept passes through; nothing can be had again under its key.
 */
final class StoredAnswer implements Upstream, OpenListener {
  /** Largest body that is kept. */
  static final int BYTES_MAX = 1 << 20;

  /** Held without asking: what these take is bounded by how many calls may run. */
  private static final int FREE_BYTES = 16 << 10;

  /** Bytes of the body in one event; a multiple of three, so that Base64 has no padding within. */
  private static final int PART = 48 << 10;

  /** Stands with a stream whose events are such a body. */
  private static final String ATTRIBUTE = "body";

  /** No text in it means anything. */
  private static final PlainDialect DIALECT = new PlainDialect(List.of(), false);

  private final Relay relay;
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

  /**
   * @param written what is written down with it
   * @param head what is written down of the upstream's, and whoever asks again is told
   * @param upstream the fields of the upstream's answer, all of which are of the client that asked
   * @param place where it was admitted, which it takes over
   */
  StoredAnswer(
      Relay relay,
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
    if (!passing && !keep(part)) {
      passing = true;
      close();
      open().fail("answer_too_large", "The answer was too large to be kept for its key.");
    }
    writeLast();
    last = part.retain();
    if (passing) {
      writeLast();
    }
    exchange.flush();
    call.readWanted(exchange.gone() || exchange.writable());
  }

  /** The client takes more, or has gone: what is kept is read to its end all the same. */
  void writable() {
    if (passing && exchange.gone()) {
      call.abort();
    } else {
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

  private boolean keep(ByteBuf part) {
    int size = body.size() + part.readableBytes();
    if (size > FREE_BYTES && lease == null) {
      lease = relay.budget().take(BYTES_MAX).orElse(null);
      if (lease == null) {
        return false;
      }
    }
    if (size > BYTES_MAX) {
      return false;
    }
    var bytes = new byte[part.readableBytes()];
    part.getBytes(part.readerIndex(), bytes);
    body.writeBytes(bytes);
    return true;
  }

  /** All of it has come. */
  void complete() {
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
