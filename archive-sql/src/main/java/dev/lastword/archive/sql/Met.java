package dev.lastword.archive.sql;

import dev.lastword.archive.Archive.Deposit;
import dev.lastword.journal.StreamId;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which ids of a batch there is something of: most are new, and to look up each by itself is most
 * of what a batch takes where each look is a round trip.
 */
final class Met {
  private static final String ANYTHING =
      "SELECT id FROM @streams WHERE id IN (@texts_of) UNION SELECT id FROM @deleted WHERE id IN"
          + " (@texts_of) UNION SELECT stream FROM @events WHERE stream IN (@texts_of)";

  private final Set<String> met;

  private Met(Set<String> met) {
    this.met = met;
  }

  /** Looks for all at once. */
  static Met among(Session session, List<Deposit> deposits) throws SQLException {
    var met = new HashSet<String>();
    if (!deposits.isEmpty()) {
      var ids = RowJson.texts(deposits.stream().map(each -> each.stream().id().value()).toList());
      try (var row = session.query(ANYTHING, ids, ids, ids)) {
        while (row.next()) {
          met.add(row.getString(1));
        }
      }
    }
    return new Met(met);
  }

  /** Whether there is nothing of it here; the next time there is. */
  boolean isNew(StreamId id) {
    return met.add(id.value());
  }
}
