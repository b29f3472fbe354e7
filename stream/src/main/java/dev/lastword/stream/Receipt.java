package dev.lastword.stream;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EventDigest;
import java.util.Base64;
import java.util.List;

/**
 * What is signed of a sealed stream.
 *
 * @param last ID of its last event, {@code epoch-seq}; {@code ""} for a stream without events
 * @param events number of its events, which readers of all of it have parsed
 * @param sha256 their {@link EventDigest}, base64url without padding
 * @param hooks names of the save hooks that had acknowledged the response
 * @param atMs wall clock, when its outcome was decided
 */
public record Receipt(
    StreamId stream,
    long epoch,
    String last,
    long events,
    String sha256,
    Outcome outcome,
    List<String> hooks,
    long atMs) {
  /** A copy is kept of the names. */
  public Receipt {
    hooks = List.copyOf(hooks);
  }

  /** A digest as receipts say it. */
  public static String text(EventDigest digest) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(digest.sha256());
  }
}
