package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Place;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A request with an {@link IdempotencyKey}: one call of an upstream, whatever becomes of clients,
 * connections and this process. The stream that answers it has the id of its owner and key; what is
 * written down with that says which request it was.
 */
final class KeyedRequest implements Recurrence {
  private final Relay relay;
  private final Exchange exchange;
  private final RequestHead request;
  private final Asker asker;
  private final StreamId id;
  private final Function<Dialect, Face> faces;
  private RequestFingerprint fingerprint = RequestFingerprint.NONE;

  /**
   * @param request as the upstream is to see it
   * @param id that its stream has: of its key, or of the run that it names
   * @param faces how relayed events are shown
   */
  KeyedRequest(
      Relay relay,
      Exchange exchange,
      RequestHead request,
      Asker asker,
      StreamId id,
      Function<Dialect, Face> faces) {
    this.relay = relay;
    this.exchange = exchange;
    this.request = request;
    this.asker = asker;
    this.id = id;
    this.faces = faces;
  }

  @Override
  public boolean needsBody() {
    return true;
  }

  @Override
  public Optional<Problem> known(RequestUpload upload) {
    if (upload.lackedMemory()) {
      return Optional.of(relay.budget().refusal());
    }
    if (!upload.isRepeatable()) {
      return Optional.of(
          Problem.tooMuch(
              413,
              "request_too_large",
              "the body of a request with an " + IdempotencyKey.FIELD,
              upload.kept().length));
    }
    fingerprint = RequestFingerprint.of(request, upload.kept());
    return Optional.empty();
  }

  @Override
  public Optional<StreamId> id() {
    return Optional.of(id);
  }

  @Override
  public void instead(Runnable answering, Runnable otherwise) {
    var replay = relay.replay();
    replay.find(
        exchange,
        asker,
        id,
        found ->
            found.ifPresentOrElse(
                stream -> {
                  answering.run();
                  replay.answer(exchange, asker, stream, fingerprint, faces);
                },
                otherwise));
  }

  @Override
  public boolean keepsAll() {
    return true;
  }

  @Override
  public void claim(Place place, Consumer<Optional<OpenRefusal>> told) {
    var attributes = new HashMap<String, String>();
    fingerprint.writeTo(attributes);
    attributes.put(Attributes.PATH, request.path());
    relay
        .streams()
        .claim(
            place, asker.owner(), attributes, why -> exchange.loop().run(() -> told.accept(why)));
  }

  @Override
  public Map<String, String> answered(RequestUpload upload, int status, HttpHeaders upstream) {
    var attributes = new HashMap<String, String>();
    fingerprint.writeTo(attributes);
    KeptHead.of(status, upstream).writeTo(attributes);
    return attributes;
  }
}
