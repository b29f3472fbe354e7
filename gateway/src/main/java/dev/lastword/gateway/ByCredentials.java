package dev.lastword.gateway;

import dev.lastword.stream.Owner;
import java.util.function.Consumer;

/**
 * Whoever sends the same credentials is the same owner. The gateway knows a keyed hash of them and
 * no more; whether they are good for anything the upstream decides, which is sent them.
 *
 * @param key of the hash
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ByCredentials(byte[] key, Presented.Places places) implements Authentication {
  private static final String PREFIX = "c/";

  /** 144 bits: nobody meets another's by chance. */
  private static final int BYTES = 18;

  @Override
  public void identify(RequestHead head, Consumer<Identity> told) {
    told.accept(
        Presented.of(head, places)
            .<Identity>map(shown -> new Identity.Known(new Asker(ownerOf(shown))))
            .orElseGet(Identity.Nobody::new));
  }

  private Owner ownerOf(Presented shown) {
    return Owner.of(PREFIX + Hmac.text(BYTES, key, "owner", shown.kind(), shown.value()));
  }
}
