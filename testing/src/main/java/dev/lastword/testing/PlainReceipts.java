package dev.lastword.testing;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Receipt;
import dev.lastword.stream.ReceiptSigner;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/**
 * Receipts that say what they are of, and that nobody has signed.
 *
 * @param executor makes them, as slowly as it comes to it
 */
record PlainReceipts(Executor executor) implements ReceiptSigner {
  private static final String BETWEEN = "~";

  @Override
  public CompletionStage<String> sign(Receipt receipt) {
    return CompletableFuture.supplyAsync(() -> text(receipt), executor);
  }

  private static String text(Receipt receipt) {
    return String.join(
        BETWEEN,
        receipt.stream().value(),
        Long.toString(receipt.epoch()),
        receipt.last(),
        Long.toString(receipt.events()),
        receipt.sha256(),
        receipt.outcome().name(),
        String.join(",", receipt.hooks()),
        Long.toString(receipt.atMs()));
  }

  /** The receipt that a text is of. */
  static Receipt read(String text) {
    var parts = text.split(BETWEEN, -1);
    return new Receipt(
        new StreamId(parts[0]),
        Long.parseLong(parts[1]),
        parts[2],
        Long.parseLong(parts[3]),
        parts[4],
        Outcome.valueOf(parts[5]),
        parts[6].isEmpty() ? List.of() : List.of(parts[6].split(",", -1)),
        Long.parseLong(parts[7]));
  }
}
