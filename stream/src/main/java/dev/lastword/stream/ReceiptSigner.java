package dev.lastword.stream;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Signs what a stream was sealed with. The same receipt may be asked for twice, when a process died
 * before the first answer was on the disk; nobody has seen that one.
 */
@FunctionalInterface
public interface ReceiptSigner {
  /** Streams are sealed without receipts. */
  ReceiptSigner NONE = receipt -> CompletableFuture.completedFuture("");

  /**
   * Signs one receipt. Must not block: called on the stream's home.
   *
   * @return the signed text, printable ASCII without spaces; where it fails, the stream is sealed
   *     without a receipt
   */
  CompletionStage<String> sign(Receipt receipt);
}
