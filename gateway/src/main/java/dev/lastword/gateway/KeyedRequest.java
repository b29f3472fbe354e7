package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Place;
import dev.lastword.stream.Stream;
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
 *
 * <p>Where it names a run its stream has that one's id, and is known under the key by its name: of
 * requests under one key that could name runs one at a time looks for what there is, until its own
 * stream is on disk.
 */
final class KeyedRequest implements Recurrence {
  private final Relay relay;
  private final Exchange exchange;
  private final RequestHead request;
  private final Asker asker;
  private final Ids ids;
  private final Function<Dialect, Face> faces;
  private RequestFingerprint fingerprint = RequestFingerprint.NONE;
  private boolean hasTurn;

  /**
   * Which stream answers it.
   *
   * @param id that its stream has: of its key, or of the run that it names
   * @param ofKey the id of its key
   * @param mayNameRun whether requests of its route may name runs
   */
  record Ids(StreamId id, StreamId ofKey, boolean mayNameRun) {
    boolean isOfRun() {
      return !id.equals(ofKey);
    }

    /** The name of a run's stream, by which its key is known. */
    String name() {
      return "key " + ofKey.value();
    }
  }

  /**
   * @param request as the upstream is to see it
   * @param faces how relayed events are shown
   */
  KeyedRequest(
      Relay relay,
      Exchange exchange,
      RequestHead request,
      Asker asker,
      Ids ids,
      Function<Dialect, Face> faces) {
    this.relay = relay;
    this.exchange = exchange;
    this.request = request;
    this.asker = asker;
    this.ids = ids;
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
    return Optional.of(ids.id());
  }

  @Override
  public void first(Runnable answering, Runnable otherwise) {
    if (!ids.mayNameRun()) {
      otherwise.run();
      return;
    }
    relay
        .keyTurns()
        .take(
            ids.ofKey(),
            () ->
                exchange
                    .loop()
                    .run(
                        () -> {
                          hasTurn = true;
                          ofAnotherRun(answering, otherwise);
                        }));
  }

  /** Its key may have been used with another run, or with none. */
  private void ofAnotherRun(Runnable answering, Runnable otherwise) {
    var replay = relay.replay();
    replay.findNamed(
        exchange,
        asker,
        ids.name(),
        found -> {
          if (found.isPresent() && !found.get().id().equals(ids.id())) {
            answer(found.get(), answering);
          } else if (ids.isOfRun()) {
            find(ids.ofKey(), answering, otherwise);
          } else {
            otherwise.run();
          }
        });
  }

  private void find(StreamId id, Runnable answering, Runnable otherwise) {
    relay
        .replay()
        .find(
            exchange,
            asker,
            id,
            found -> found.ifPresentOrElse(stream -> answer(stream, answering), otherwise));
  }

  private void answer(Stream stream, Runnable answering) {
    turnIsOver();
    answering.run();
    relay.replay().answer(exchange, asker, stream, fingerprint, faces);
  }

  private void turnIsOver() {
    if (hasTurn) {
      hasTurn = false;
      relay.keyTurns().over(ids.ofKey());
    }
  }

  @Override
  public void instead(Runnable answering, Runnable otherwise) {
    find(ids.id(), answering, otherwise);
  }

  @Override
  public boolean keepsAll() {
    return true;
  }

  @Override
  public void claim(Place place, Consumer<Optional<OpenRefusal>> told) {
    var attributes = known();
    attributes.put(Attributes.PATH, request.path());
    relay
        .streams()
        .claim(
            place, asker.owner(), attributes, why -> exchange.loop().run(() -> told.accept(why)));
  }

  @Override
  public Map<String, String> answered(RequestUpload upload, int status, HttpHeaders upstream) {
    var attributes = known();
    KeptHead.of(status, upstream).writeTo(attributes);
    return attributes;
  }

  /** By which it is known again. */
  private Map<String, String> known() {
    var attributes = new HashMap<String, String>();
    fingerprint.writeTo(attributes);
    if (ids.isOfRun()) {
      attributes.put(Attributes.NAME, ids.name());
    }
    return attributes;
  }

  @Override
  public void began(StreamId stream, int status, HttpHeaders upstream) {
    turnIsOver();
  }

  @Override
  public void stored() {
    turnIsOver();
  }

  @Override
  public void passed() {
    turnIsOver();
  }

  @Override
  public void failed() {
    turnIsOver();
  }
}
