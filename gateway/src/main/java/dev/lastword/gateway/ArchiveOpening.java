package dev.lastword.gateway;

import dev.lastword.archive.Archive;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.postgresql.PostgresArchive;
import dev.lastword.archive.sqlite.SqliteArchive;
import dev.lastword.journal.DiskRoom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * The archive that is configured, on its way. A file is opened at once, beside all the rest: the
 * database's native code takes as long to load as that together. A database of others is opened
 * behind the journal, so that two gateways that start at once do not each wait for what the other
 * has.
 */
final class ArchiveOpening {
  private final Config config;
  private final CompletableFuture<Void> journalIsOpen = new CompletableFuture<>();
  private final CompletableFuture<Archive> opening;

  ArchiveOpening(Config config, DiskRoom room, Executor io) {
    this.config = config;
    if (config.archive().isEmpty()) {
      journalIsOpen.complete(null);
    }
    this.opening = journalIsOpen.thenApplyAsync(ready -> open(config, room), io);
  }

  private static Archive open(Config config, DiskRoom room) {
    try {
      var server = config.archive();
      return server.isPresent()
          ? PostgresArchive.open(
              config.node().isPresent() // whoever has a shard's lease alone has a right to it
                  ? PostgresArchive.Options.entitled(server.get())
                  : new PostgresArchive.Options(server.get()))
          : SqliteArchive.open(
              config.data().resolve("archive.db"),
              SqliteArchive.Options.DEFAULT.withReserveBytes(config.reserveBytes()),
              room);
    } catch (ArchiveFailedException e) {
      throw Gateway.refused(e, config.archive().isPresent());
    }
  }

  void journalIsOpen() {
    journalIsOpen.complete(null);
  }

  /**
   * Waits for it.
   *
   * @throws ConfigException if it cannot be opened
   */
  Archive opened() {
    try {
      return opening.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof ConfigException wrong ? wrong : e;
    }
  }

  /** Nobody wants it any more. */
  void giveUp() {
    var _ = opening.thenAccept(Archive::close);
  }

  /** What is said of an archive and a journal that are not of one another. */
  String mismatched(String why) {
    return config
        .archive()
        .map(
            server ->
                "%s: %s. Repair is for files: docs/guides/postgresql.md says what to do with tables"
                    .formatted(server, why))
        .orElseGet(() -> config.data() + ": " + why);
  }
}
