package dev.lastword.testing;

import dev.lastword.cluster.Holding;
import dev.lastword.cluster.Leases;
import dev.lastword.cluster.Member;
import dev.lastword.cluster.Shard;
import dev.lastword.journal.Disk;
import dev.lastword.journal.FencedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The database of a simulated cluster: the leases, and for each shard its journal and its archive.
 * Whatever is here is durable, every method is one transaction, and its clock goes on evenly. It
 * fences as PostgreSQL is made to: who opens a journal raises its epoch, and a change is looked at
 * in the transaction that makes it.
 */
final class ClusterStore {
  private final LongSupplier nanos;
  private final int archiveRunEvents;
  private final Map<Shard, Lease> leases = new TreeMap<>();
  private final Map<Shard, Rows> rows = new TreeMap<>();

  /**
   * @param nanos its clock
   * @param archiveRunEvents most events that an archive gives in one read
   */
  ClusterStore(LongSupplier nanos, int archiveRunEvents) {
    this.nanos = nanos;
    this.archiveRunEvents = archiveRunEvents;
  }

  /** What there is of a shard, made if nothing was. */
  Rows rows(Shard shard) {
    return rows.computeIfAbsent(shard, made -> new Rows(new MemoryArchive(archiveRunEvents)));
  }

  /** All shards that there are. */
  Set<Shard> shards() {
    return Set.copyOf(leases.keySet());
  }

  // --- a shard's journal and archive

  /** A segment of a journal: a name, and its bytes. */
  static final class Segment {
    byte[] bytes = {};
    boolean removed;

    void put(int position, byte[] written) {
      int end = position + written.length;
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, end);
      }
      System.arraycopy(written, 0, bytes, position, written.length);
    }
  }

  /** One shard's journal and archive, and who has opened them last. */
  static final class Rows {
    final MemoryArchive archive;
    private final Map<String, Segment> segments = new TreeMap<>();
    private long epoch;
    private long archiveEpoch;
    private long openings;
    private long archiveOpenings;

    private Rows(MemoryArchive archive) {
      this.archive = archive;
    }

    /**
     * Who has opened something.
     *
     * @param epoch under which it writes: what the store fences by
     * @param number of the opening: what the simulation knows, and the store does not look at
     */
    record Opened(long epoch, long number) {}

    Map<String, Segment> segments() {
      return segments;
    }

    /** The journal's epoch. */
    long epoch() {
      return epoch;
    }

    Opened openJournal() {
      epoch++;
      return new Opened(epoch, ++openings);
    }

    Opened openArchive() {
      archiveEpoch++;
      return new Opened(archiveEpoch, ++archiveOpenings);
    }

    /** In a transaction that changes the journal. */
    void requireJournal(Opened by) throws FencedException {
      if (by.epoch() != epoch) {
        throw new FencedException("epoch %d is fenced out".formatted(by.epoch()), epoch);
      }
    }

    /** In a transaction that changes the archive. */
    void requireArchive(Opened by) throws FencedException {
      if (by.epoch() != archiveEpoch) {
        throw new FencedException("epoch %d is fenced out".formatted(by.epoch()), archiveEpoch);
      }
    }

    /** Whether nobody has opened the journal since. */
    boolean isLastOfJournal(Opened by) {
      return by.number() == openings;
    }

    boolean isLastOfArchive(Opened by) {
      return by.number() == archiveOpenings;
    }

    /** A journal of its own that has the same segments. */
    Rows copy() {
      var copy = new Rows(archive);
      copy.epoch = epoch;
      segments.forEach(
          (name, segment) -> {
            var twin = new Segment();
            twin.bytes = segment.bytes.clone();
            copy.segments.put(name, twin);
          });
      return copy;
    }
  }

  // --- the leases

  /** A row of the leases. */
  private static final class Lease {
    String home = "";
    String node = "";
    String instance = "";
    String address = "";
    long epoch;
    boolean opened;
    long untilMs;
    String wantedBy = "";
    long wantedUntilMs = Long.MIN_VALUE;
  }

  private long nowMs() {
    return nanos.getAsLong() / 1_000_000;
  }

  List<Holding> holdings() {
    var all = new ArrayList<Holding>();
    leases.forEach((shard, lease) -> all.add(holding(shard, lease)));
    return all;
  }

  private Holding holding(Shard shard, Lease lease) {
    return new Holding(
        shard,
        lease.home,
        lease.node,
        lease.instance,
        lease.address,
        lease.epoch,
        lease.opened,
        Duration.ofMillis(lease.untilMs == Long.MIN_VALUE ? -1 : lease.untilMs - nowMs()),
        lease.wantedUntilMs > nowMs() ? lease.wantedBy : "");
  }

  boolean take(Shard shard, Member member, Duration time, boolean asHome) {
    var lease = leases.get(shard);
    if (lease == null || !isOver(lease) || !isWantedByNoOther(lease, member.instance())) {
      return false;
    }
    if (asHome) {
      lease.home = member.name();
    }
    give(lease, member, time);
    return true;
  }

  private boolean isOver(Lease lease) {
    return lease.untilMs < nowMs();
  }

  private boolean isWantedByNoOther(Lease lease, String instance) {
    return lease.wantedBy.equals(instance) || lease.wantedUntilMs < nowMs();
  }

  private void give(Lease lease, Member member, Duration time) {
    lease.node = member.name();
    lease.instance = member.instance();
    lease.address = member.address().toString();
    lease.epoch++;
    lease.opened = false;
    lease.untilMs = nowMs() + time.toMillis();
    lease.wantedBy = "";
    lease.wantedUntilMs = Long.MIN_VALUE;
  }

  Shard make(Member member, Duration time) {
    var made = new Shard(leases.size() + 1);
    var lease = new Lease();
    lease.home = member.name();
    give(lease, member, time);
    leases.put(made, lease);
    return made;
  }

  Set<Shard> renew(String instance, Set<Shard> known, Duration time) {
    var had = new TreeSet<Shard>();
    for (var shard : known) {
      var lease = owned(shard, instance);
      if (lease != null && lease.untilMs != Long.MIN_VALUE) {
        lease.untilMs = nowMs() + time.toMillis();
        had.add(shard);
      }
    }
    return had;
  }

  private @Nullable Lease owned(Shard shard, String instance) {
    var lease = leases.get(shard);
    return lease != null && lease.instance.equals(instance) ? lease : null;
  }

  boolean opened(Shard shard, String instance) {
    var lease = owned(shard, instance);
    if (lease == null) {
      return false;
    }
    lease.opened = true;
    return true;
  }

  boolean release(Shard shard, String instance) {
    var lease = owned(shard, instance);
    if (lease == null) {
      return false;
    }
    lease.untilMs = Long.MIN_VALUE;
    lease.opened = false;
    return true;
  }

  boolean want(Shard shard, String instance, Duration wait, boolean atHome) {
    var lease = leases.get(shard);
    if (lease == null
        || lease.instance.equals(instance)
        || !(atHome || isWantedByNoOther(lease, instance))) {
      return false;
    }
    lease.wantedBy = instance;
    lease.wantedUntilMs = nowMs() + wait.toMillis();
    return true;
  }

  /** The leases as a process asks them, over a line on which anything may happen. */
  Leases over(Line line) {
    return new Leases() {
      @Override
      public List<Holding> holdings() {
        return line.ask(ClusterStore.this::holdings, true);
      }

      @Override
      public boolean take(Shard shard, Member member, Duration time, boolean asHome) {
        return line.ask(() -> ClusterStore.this.take(shard, member, time, asHome), true);
      }

      @Override
      public Shard make(Member member, Duration time) {
        return line.ask(() -> ClusterStore.this.make(member, time), true);
      }

      @Override
      public Set<Shard> renew(String instance, Set<Shard> shards, Duration time) {
        return line.ask(() -> ClusterStore.this.renew(instance, shards, time), true);
      }

      @Override
      public boolean opened(Shard shard, String instance) {
        return line.ask(() -> ClusterStore.this.opened(shard, instance), true);
      }

      /**
       * One that comes late may let go what was taken again: {@link Statement.Fate#LATE} is not for
       * it.
       */
      @Override
      public boolean release(Shard shard, String instance) {
        return line.ask(() -> ClusterStore.this.release(shard, instance), false);
      }

      @Override
      public void want(Shard shard, String instance, Duration wait, boolean atHome) {
        line.ask(() -> ClusterStore.this.want(shard, instance, wait, atHome), true);
      }
    };
  }

  /** Where a process asks for leases. */
  interface Line {
    /**
     * Asks.
     *
     * @param mayBeLate whether it may be done after whoever asks has given up
     * @throws dev.lastword.cluster.ClusterFailedException if there is no answer
     */
    <T> T ask(Statement.Transaction<T> question, boolean mayBeLate);
  }

  /** A disk with what a shard's journal has now, for somebody who only looks. */
  Disk copy(Shard shard) {
    return StoreDisk.looking(rows(shard));
  }
}
