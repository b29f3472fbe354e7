package dev.lastword.gateway;

import dev.lastword.journal.Durability;
import dev.lastword.journal.Journal;
import dev.lastword.stream.Receipt;
import dev.lastword.stream.ReceiptSigner;
import dev.lastword.stream.SavedResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Signs receipts on threads of its own, which are there while there is something to sign: a
 * thousand answers that end at once do not hold up those that stream.
 */
final class SigningReceipts implements ReceiptSigner {
  private static final int THREADS_MAX = 4;
  private static final int IDLE_SECONDS = 30;

  private final ReceiptKeys keys;
  private final Executor executor;
  private volatile @Nullable Durability durability;

  SigningReceipts(ReceiptKeys keys) {
    this.keys = keys;
    var factory = Thread.ofPlatform().name("lastword-receipts-", 1).daemon().factory();
    int threads = Math.min(THREADS_MAX, Runtime.getRuntime().availableProcessors());
    var some =
        new ThreadPoolExecutor(
            threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
    some.allowCoreThreadTimeOut(true);
    this.executor = some;
  }

  /** The journal is open whose events are signed. Nothing is before that. */
  void journalIsOpen(Journal journal) {
    durability = journal.durability();
  }

  private Durability durability() {
    var known = durability;
    if (known == null) {
      throw new IllegalStateException("no journal is open");
    }
    return known;
  }

  @Override
  public CompletionStage<String> sign(Receipt receipt) {
    return CompletableFuture.supplyAsync(
        () -> SignedReceipt.sign(receipt, durability(), keys.current()), executor);
  }

  /**
   * Proves to a hook what it is told. By the key that was the newest when the response was whole,
   * so that a call after a rotation brings the same.
   */
  String ofAnswer(SavedResponse response) {
    return response.sha256().isEmpty()
        ? ""
        : SignedReceipt.signAnswer(response, durability(), keys.at(response.endedMs()));
  }

  ReceiptKeys keys() {
    return keys;
  }
}
