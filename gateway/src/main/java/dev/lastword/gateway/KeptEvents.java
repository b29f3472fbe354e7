package dev.lastword.gateway;

import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.postgresql.PostgresArchive;
import dev.lastword.archive.sql.ArchiveReading;
import dev.lastword.archive.sqlite.SqliteArchive;
import dev.lastword.cluster.Shard;
import dev.lastword.cluster.postgresql.Membership;
import dev.lastword.journal.Entry;
import dev.lastword.journal.JournalInspector;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.journal.postgresql.PostgresServer;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.EventDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The events of one stream as a data directory has them: from the archive, and what is behind that
 * in the journal. Changes nothing.
 */
final class KeptEvents {
  private static final String ARCHIVES =
      """
      WITH named(own, prefix) AS (VALUES (?::text, ?::text))
      SELECT s.nspname::text
      FROM named, pg_namespace s JOIN pg_class t ON t.relnamespace = s.oid
      WHERE t.relname = 'lastword_streams'
        AND (s.nspname::text = own
          OR starts_with(s.nspname::text, prefix)
            AND substr(s.nspname::text, length(prefix) + 1) ~ '^[1-9][0-9]*$')
      ORDER BY s.nspname::text <> own, length(s.nspname::text), s.nspname
      """;

  private final StreamId id;
  private EventDigest shown = new EventDigest();
  private EventDigest whole = new EventDigest();
  private boolean opened;
  private long upTo;
  private long epoch;
  private long withheldEpoch;
  private String outcome = "";
  private String receipt = "";

  private KeptEvents(StreamId id) {
    this.id = id;
  }

  /**
   * Reads a stream; empty if it is not there.
   *
   * @throws ConfigException if the directory cannot be read
   */
  static Optional<SealedEvents> of(Path data, StreamId id) {
    var kept = new KeptEvents(id);
    try {
      var archive = data.resolve("archive.db");
      if (Files.exists(archive)) {
        try (var reading = SqliteArchive.reading(archive)) {
          kept.readArchive(reading);
        }
      }
      if (Files.isDirectory(data.resolve("journal"))) {
        JournalInspector.visit(
            data.resolve("journal"),
            (entry, position, epoch, timeMs) -> {
              if (position >= kept.upTo && entry.stream().equals(id)) {
                kept.take(entry, epoch);
              }
            });
      }
    } catch (IOException | ArchiveFailedException e) {
      throw new ConfigException("cannot read " + data + ": " + e.getMessage());
    }
    return kept.opened ? Optional.of(kept.sealed(data)) : Optional.empty();
  }

  /**
   * Reads a stream from a database that an archive is in, or those of a cluster's shards; empty if
   * it is in none.
   *
   * @throws ConfigException if the database cannot be read
   */
  static Optional<SealedEvents> archived(PostgresServer server, StreamId id) {
    for (var each : archives(server)) {
      var kept = new KeptEvents(id);
      try (var archive = PostgresArchive.reading(each)) {
        kept.readArchive(archive);
      } catch (ArchiveFailedException e) {
        throw new ConfigException("" + e.getMessage());
      }
      if (kept.opened) {
        return Optional.of(kept.sealed(server));
      }
    }
    return Optional.empty();
  }

  /** The archive in the first schema of the search path, and those of shards beside it. */
  private static List<PostgresServer> archives(PostgresServer server) {
    var found = new ArrayList<PostgresServer>();
    try (var connection = server.connect("lastword, reading");
        var query = connection.prepareStatement(ARCHIVES)) {
      var own = connection.getSchema();
      var ofFirst = Membership.schema(connection, new Shard(1));
      query.setString(1, own);
      query.setString(2, ofFirst.substring(0, ofFirst.length() - 1));
      try (var row = query.executeQuery()) {
        while (row.next()) {
          found.add(server.inSchema(row.getString(1)));
        }
      }
    } catch (SQLException e) {
      throw new ConfigException("cannot read " + server + ": " + e.getMessage());
    }
    return found.isEmpty() ? List.of(server) : found; // which says that there is none
  }

  private SealedEvents sealed(Object where) {
    var last = shown.events() == 0 ? "" : epoch + "-" + shown.events();
    return SealedEvents.of("in " + where, id.value(), shown, last, outcome, receipt);
  }

  private void readArchive(ArchiveReading archive) {
    archive.find(id).ifPresent(row -> read(archive, row));
  }

  private void read(ArchiveReading archive, ArchivedStream row) {
    opened = true;
    upTo = row.upTo();
    outcome = row.outcome() == null ? "" : row.outcome().word();
    receipt = row.receipt();
    long seq = 1;
    while (seq <= row.lastSeq()) {
      var run = archive.events(id, seq);
      if (run.isEmpty()) {
        throw new ArchiveFailedException("event " + seq + " of stream " + id + " is missing");
      }
      int from = (int) (seq - run.get().firstSeq());
      var events = run.get().events().from(from);
      int visible = Math.clamp(row.events() - seq + 1, 0, events.count());
      shown.add(events.slice(0, visible));
      whole.add(events);
      seq += events.count();
    }
    for (var span : row.epochs()) {
      if (span.firstSeq() <= row.events()) {
        epoch = span.epoch();
      }
      withheldEpoch = span.epoch();
    }
  }

  /** As the entries make a stream of what they bring. */
  private void take(Entry entry, long written) {
    if (entry instanceof Entry.Deleted) {
      forget(); // what follows under this id is another stream
      return;
    }
    if (!outcome.isEmpty()) {
      return;
    }
    switch (entry) {
      case Entry.Opened e -> {
        forget();
        opened = true;
      }
      case Entry.Appended e -> {
        if (follows(e.firstSeq()) && shown.events() == whole.events()) {
          withhold(e.events(), written);
          show();
        }
      }
      case Entry.Withheld e -> {
        if (follows(e.firstSeq())) {
          withhold(e.events(), written);
        }
      }
      case Entry.Ending e -> {
        if (follows(e.firstSeq())) {
          withhold(e.withheld(), written);
        }
      }
      case Entry.Shown e -> show();
      case Entry.Sealed e -> seal(e, written);
      case Entry.Saved e -> {}
      case Entry.Rejected e -> {}
      case Entry.Late e -> {}
      case Entry.Deleted e -> {}
    }
  }

  private void forget() {
    opened = false;
    shown = new EventDigest();
    whole = new EventDigest();
    epoch = 0;
    withheldEpoch = 0;
    outcome = "";
    receipt = "";
  }

  private boolean follows(long firstSeq) {
    return firstSeq == whole.events() + 1;
  }

  private void withhold(EncodedEvents events, long written) {
    whole.add(events);
    withheldEpoch = events.count() == 0 ? withheldEpoch : written;
  }

  private void show() {
    shown = whole.copy();
    epoch = withheldEpoch;
  }

  private void seal(Entry.Sealed sealed, long written) {
    if (sealed.outcome() == Outcome.COMPLETED) {
      if (sealed.events().count() > 0 && !follows(sealed.firstSeq())) {
        return;
      }
      withhold(sealed.events(), written);
      show();
    } else {
      shown.add(sealed.events());
      epoch = written;
    }
    outcome = sealed.outcome().word();
    receipt = sealed.receipt();
  }
}
