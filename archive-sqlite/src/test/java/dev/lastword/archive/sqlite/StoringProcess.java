package dev.lastword.archive.sqlite;

import dev.lastword.archive.Archive.Deposit;
import dev.lastword.journal.Outcome;
import dev.lastword.testing.Deposits;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;

/** Stores batches until it is killed and prints the checkpoint after each. */
final class StoringProcess {
  static final int BATCH = 5;

  private StoringProcess() {}

  public static void main(String[] args) {
    var archive = SqliteArchive.open(Path.of(args[0]));
    for (int checkpoint = 1; ; checkpoint++) {
      int first = (checkpoint - 1) * BATCH;
      archive.store(
          Deposits.batch(
              checkpoint,
              IntStream.range(first, first + BATCH).mapToObj(StoringProcess::deposit).toList()));
      System.out.println(checkpoint);
    }
  }

  static Deposit deposit(int number) {
    return Deposits.resting(
        number,
        Map.of(),
        Outcome.COMPLETED,
        Deposits.events(1, "a", "b".repeat(20_000)),
        Deposits.events(3, "c"));
  }
}
