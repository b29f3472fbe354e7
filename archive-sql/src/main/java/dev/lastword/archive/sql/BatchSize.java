package dev.lastword.archive.sql;

import dev.lastword.archive.Archive.Batch;
import dev.lastword.archive.Archive.Deposit;
import org.jspecify.annotations.Nullable;

/** About how much a batch takes in the database. */
final class BatchSize {
  /** Of a stream's row, its indexes, and the pages that they leave half empty. */
  private static final long ROW_BYTES = 8 << 10;

  private static final int BOUND_BYTES = 4;

  private BatchSize() {}

  /** In bytes; 0 if nothing is deposited. */
  static long of(Batch batch) {
    return batch.deposits().stream().mapToLong(BatchSize::of).sum();
  }

  private static long of(Deposit deposit) {
    long bytes = ROW_BYTES + length(deposit.text()) + length(deposit.response());
    for (var run : deposit.events()) {
      bytes += run.events().lengthWithUpstreamIds() + (long) BOUND_BYTES * run.events().count();
    }
    for (var attribute : deposit.stream().attributes().entrySet()) {
      bytes += length(attribute.getKey()) + length(attribute.getValue());
    }
    return bytes;
  }

  private static long length(@Nullable String text) {
    return text == null ? 0 : text.length();
  }
}
