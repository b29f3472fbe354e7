package dev.lastword.gateway;

import dev.lastword.journal.Durability;
import java.util.List;
import java.util.Optional;

/** Compares a receipt with the keys that may have signed it, and with the events that there are. */
final class ReceiptCheck {
  private ReceiptCheck() {}

  /** What differs, as the end of a sentence; empty if the receipt holds. */
  static Optional<String> difference(
      SignedReceipt receipt, List<ReceiptKey> keys, String keysFrom, SealedEvents found) {
    var claims = receipt.claims();
    var key = keys.stream().filter(each -> each.kid().equals(receipt.kid())).findFirst();
    if (key.isEmpty()) {
      return Optional.of(
          "it names the key %s, which is not among those of %s".formatted(receipt.kid(), keysFrom));
    }
    if (!receipt.isSignedBy(key.get())) {
      return Optional.of("its signature is not one of the key " + receipt.kid());
    }
    return differs("stream", claims.stream(), found.stream())
        .or(() -> differs("outcome", claims.outcome(), found.outcome()))
        .or(() -> differs(claims.events(), found))
        .or(
            () ->
                receipt.isOfAnswer()
                    ? Optional.empty()
                    : differs("last", claims.last(), found.last()))
        .or(() -> differs("sha256", claims.sha256(), found.sha256()));
  }

  private static Optional<String> differs(long events, SealedEvents found) {
    return events == found.events()
        ? Optional.empty()
        : Optional.of(
            "its claim 'events' is %d, and there are %d %s"
                .formatted(events, found.events(), found.from()));
  }

  /** What is not known does not differ. */
  private static Optional<String> differs(String claim, String said, String found) {
    return found.isEmpty() || found.equals(said)
        ? Optional.empty()
        : Optional.of("its claim '%s' is %s, and here it is %s".formatted(claim, said, found));
  }

  private static String durable(String durability) {
    return durability.equals(Durability.QUORUM.word())
        ? "acknowledged by the journal's replicas"
        : "on " + durability;
  }

  /** What is proved, in one sentence. */
  static String proved(SignedReceipt receipt, SealedEvents found) {
    var claims = receipt.claims();
    if (receipt.isOfAnswer()) {
      return "Proved: the %d events %s are those of stream %s, which were to be saved as %s and %s at %s, as the key %s has signed; who has acknowledged them it does not say."
          .formatted(
              claims.events(),
              found.from(),
              claims.stream(),
              claims.outcome(),
              durable(claims.durability()),
              claims.at(),
              receipt.kid());
    }
    var hooks =
        claims.hooks().isEmpty() ? "" : ", acknowledged by " + String.join(", ", claims.hooks());
    return "Proved: the %d events %s are those of stream %s, sealed as %s and %s at %s%s, as the key %s has signed."
        .formatted(
            claims.events(),
            found.from(),
            claims.stream(),
            claims.outcome(),
            durable(claims.durability()),
            claims.at(),
            hooks,
            receipt.kid());
  }
}
