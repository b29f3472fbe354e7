package dev.lastword.gateway;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Owner;
import java.util.Optional;

/**
 * The ids that clients choose are their own: two owners who choose the same one have two streams,
 * and neither learns of the other. A stream of an owner with credentials has an id that is made of
 * both, by which it is known everywhere; its owner may go on using the chosen one.
 *
 * @param key that nobody can make such ids without
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record OwnIds(byte[] key) {
  private static final int BYTES = 18;

  /** The id that a stream gets whose owner chose this one. */
  StreamId of(Owner owner, StreamId chosen) {
    return owner.value().isEmpty()
        ? chosen
        : new StreamId(Hmac.text(BYTES, key, "stream", owner.value(), chosen.value()));
  }

  /** The id of the stream that answers what an owner asks under a key. */
  StreamId of(Owner owner, IdempotencyKey asked) {
    return new StreamId(Hmac.text(BYTES, key, "idempotency", owner.value(), asked.value()));
  }

  /** The other id that an owner may mean by one, if there can be another. */
  Optional<StreamId> other(Owner owner, StreamId named) {
    return Optional.of(of(owner, named)).filter(id -> !id.equals(named));
  }
}
