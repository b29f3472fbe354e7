package dev.lastword.archive;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What to sum up of the ledger. Nulls match everything.
 *
 * @param by one sum for each combination of these that there is; none for one sum of all
 * @param owner only responses with this {@link Archive#OWNER}; {@code ""} for those that have none
 * @param fromMs only what ended at this wall-clock time or later
 * @param toMs only what ended before this wall-clock time
 * @param limit most sums to give, 1 to {@link #LIMIT_MAX}
 */
public record UsageQuery(
    List<By> by, @Nullable String owner, @Nullable Long fromMs, @Nullable Long toMs, int limit) {
  /** Most sums that one query gives. */
  public static final int LIMIT_MAX = 10_001;

  /** What responses are told apart by. */
  public enum By {
    /** Whose it is. */
    OWNER,
    /** Which tenant's. */
    TENANT,
    /** The path of the route. */
    ROUTE,
    /** The model asked for. */
    MODEL,
    /** How its upstream speaks. */
    DIALECT,
    /** How it ended. */
    OUTCOME,
    /** The day on which it ended, in UTC, such as {@code 2026-11-29}. */
    DAY;

    /** As it stands in a query and in the answer. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * @throws IllegalArgumentException if the limit is out of range
   */
  public UsageQuery {
    if (limit < 1 || limit > LIMIT_MAX) {
      throw new IllegalArgumentException("limit is " + limit + ", not 1 to " + LIMIT_MAX);
    }
    by = List.copyOf(by);
  }

  /** The same of one owner, null for all. */
  public UsageQuery of(@Nullable String whose) {
    return new UsageQuery(by, whose, fromMs, toMs, limit);
  }
}
