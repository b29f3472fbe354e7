package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.gateway.Retries.Begun;
import dev.lastword.gateway.Retries.Same;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Stream;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A request without a key of an SDK that counts its {@linkplain Retries retries}. It is known again
 * by its body, where that is no longer than is looked at anyway.
 */
final class CountedRequest implements Recurrence {
  private final Relay relay;
  private final Exchange exchange;
  private final RequestHead request;
  private final Asker asker;
  private final Function<Dialect, Face> faces;
  private final int count;
  private @Nullable Same same;
  private boolean pending;

  /**
   * @param request as the upstream is to see it
   * @param faces how relayed events are shown
   */
  CountedRequest(
      Relay relay,
      Exchange exchange,
      RequestHead request,
      Asker asker,
      Function<Dialect, Face> faces) {
    this.relay = relay;
    this.exchange = exchange;
    this.request = request;
    this.asker = asker;
    this.faces = faces;
    this.count = Retries.count(request);
  }

  @Override
  public boolean needsBody() {
    long length = request.contentLength();
    return length > 0 && length <= BodyStart.BYTES_MAX;
  }

  @Override
  public Optional<Problem> known(RequestUpload upload) {
    same = new Same(asker.owner(), RequestFingerprint.of(request, upload.kept()));
    return Optional.empty();
  }

  @Override
  public void first(Runnable answering, Runnable otherwise) {
    var asked = same;
    if (asked == null || count == 0) {
      ask(otherwise);
      return;
    }
    relay
        .retries()
        .find(
            asked, count, begun -> exchange.loop().run(() -> attach(begun, answering, otherwise)));
  }

  private void attach(Optional<Begun> begun, Runnable answering, Runnable otherwise) {
    if (begun.isEmpty()) {
      ask(otherwise);
      return;
    }
    var replay = relay.replay();
    replay.find(
        exchange,
        asker,
        begun.get().id(),
        found ->
            found
                .filter(CountedRequest::isWorthReading)
                .ifPresentOrElse(
                    stream -> {
                      answering.run();
                      replay.events(exchange, asker, stream, begun.get().head(), faces);
                    },
                    () -> ask(otherwise)));
  }

  /**
   * Not what was cancelled because the connection broke that brings the client back: it would be
   * given its own leaving for an answer.
   */
  private static boolean isWorthReading(Stream stream) {
    return stream.outcome() != Outcome.CANCELLED && stream.outcome() != Outcome.INTERRUPTED;
  }

  private void ask(Runnable otherwise) {
    if (same != null) {
      pending = true;
      relay.retries().asked(same);
    }
    otherwise.run();
  }

  @Override
  public void began(StreamId id, int status, HttpHeaders upstream) {
    if (same != null && pending) {
      pending = false;
      relay.retries().began(same, new Begun(id, KeptHead.of(status, upstream)));
      letGoInTime();
    }
  }

  @Override
  public void passed() {
    if (same != null && pending) {
      pending = false;
      relay.retries().failed(same);
      letGoInTime();
    }
  }

  /** It is remembered, and nobody may ever ask again. */
  private void letGoInTime() {
    relay.retries().letGoInTime(exchange.loop());
  }

  @Override
  public void failed() {
    if (same == null || !pending) {
      return;
    }
    if (exchange.gone()) {
      passed();
    } else {
      pending = false;
      relay.retries().refused(same, count);
      letGoInTime();
    }
  }
}
