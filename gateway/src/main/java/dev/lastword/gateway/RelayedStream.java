package dev.lastword.gateway;

import dev.lastword.stream.Admission;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Generation;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Place;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamRequest;
import dev.lastword.stream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's event stream on its way into the journal. Feeds the generation for as long as the
 * upstream speaks, whether or not the client that asked is still there; that client's head waits
 * until the stream exists on disk.
 */
final class RelayedStream implements Upstream, OpenListener {
  /** What a person said is kept up to here, in characters. */
  private static final int INPUT_LENGTH_MAX = 256 << 10;

  /**
   * How long an upstream may go on after the end of its response before its connection is closed.
   */
  private static final long AFTER_END_MS = 5_000;

  private final Relay relay;
  private final UpstreamCall call;
  private final Exchange exchange;
  private final StreamOrder order;
  private final HttpHeaders headers;
  private boolean gone;
  private boolean ended;
  private boolean endAwaited;
  private @Nullable Generation generation;

  RelayedStream(
      Relay relay,
      UpstreamCall call,
      Exchange exchange,
      StreamOrder order,
      HttpHeaders headers,
      boolean gone) {
    this.relay = relay;
    this.call = call;
    this.exchange = exchange;
    this.order = order;
    this.headers = headers;
    this.gone = gone;
  }

  /** Told about the client until it has become a reader. */
  ExchangeListener reader() {
    return new ExchangeListener() {
      @Override
      public void gone() {
        gone = true;
      }
    };
  }

  /**
   * Opens the stream.
   *
   * @param place where it was admitted
   * @param body what was kept of the request's body
   */
  void open(Place place, RequestHead request, byte[] body) {
    var dialect = relay.dialectOf(request, body, headers);
    var facts = dialect.facts(body);
    var attributes = new HashMap<String, String>();
    attributes.put(Attributes.PATH, request.path());
    order.conversation().ifPresent(key -> attributes.put(Attributes.CONVERSATION, key));
    if (facts.model() != null) {
      attributes.put(Attributes.MODEL, cut(facts.model(), 1_000));
    }
    if (facts.input() != null) {
      attributes.put(Attributes.INPUT, cut(facts.input(), INPUT_LENGTH_MAX));
    }
    var wanted = new StreamRequest(Owner.ANONYMOUS, dialect, facts, attributes);
    generation = relay.streams().open(place, wanted, exchange.loop(), this, this);
  }

  /** The same, where room was asked for only now: on the loop, before the next read. */
  void admitted(Admission admission, RequestHead request, byte[] body) {
    switch (admission) {
      case Admission.Admitted(Place place) -> open(place, request, body);
      case Admission.Refused(OpenRefusal why) -> refused(why);
    }
  }

  private static String cut(String text, int lengthMax) {
    if (text.length() <= lengthMax) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(lengthMax - 1)) ? lengthMax - 1 : lengthMax;
    return text.substring(0, end);
  }

  // --- the upstream's body

  void part(ByteBuf part) {
    if (generation != null) {
      generation.feed(part.internalNioBuffer(part.readerIndex(), part.readableBytes()));
      if (generation.isOver()) {
        awaitEnd();
      }
    }
  }

  /**
   * The response is over; its body should be too. An upstream that goes on is not listened to for
   * long.
   */
  private void awaitEnd() {
    if (!endAwaited) {
      endAwaited = true;
      exchange
          .loop()
          .schedule(
              AFTER_END_MS,
              () -> {
                if (!ended) {
                  call.abort();
                }
              });
    }
  }

  void complete() {
    ended = true;
    if (generation != null) {
      generation.endOfBody(true);
    }
  }

  void failed(UpstreamFailure failure) {
    ended = true;
    relay.metrics().upstreamFailed(failure.code());
    if (generation != null) {
      if (failure == UpstreamFailure.IDLE) {
        generation.fail(failure.code(), failure.message());
      } else {
        generation.endOfBody(false);
      }
    }
  }

  // --- asked by the generation

  @Override
  public void pause() {
    call.readWanted(false);
  }

  @Override
  public void resume() {
    call.readWanted(true);
  }

  @Override
  public void abort() {
    ended = true;
    call.abort();
  }

  // --- told by the streams

  @Override
  public void opened(Stream stream) {
    if (gone) {
      return;
    }
    relay.metrics().relayed(200);
    exchange.start(200, RelayHeaders.toClientOfStream(headers, stream.id().value()));
    relay.readers().start(exchange, stream, faceOf(stream), 0);
  }

  private Face faceOf(Stream stream) {
    return Face.ofRelay(stream.dialect(), order.withIds());
  }

  @Override
  public void refused(OpenRefusal why) {
    ended = true;
    call.abort();
    if (!gone) {
      relay.refuse(exchange, why);
    }
  }
}
