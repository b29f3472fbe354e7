package dev.lastword.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a journal from opening, and what can be done about it. Holds the journal's lock, if
 * there is one, until it is closed. Changes nothing before {@link #apply}, and loses nothing then:
 * what it takes away is kept beside.
 *
 * <p>Damage in what is written, and a torn tail, keep no journal from opening: they are {@link
 * #notes}.
 *
 * @see "docs/formats/journal.md §5"
 */
public final class JournalRepair implements Closeable {
  private final Path directory;
  private final Disk disk;
  private @Nullable Closeable lock;
  private final List<RepairStep> steps = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();

  /** The segments as they are once the steps so far are done. */
  private final TreeMap<Integer, SegmentHeader> segments = new TreeMap<>();

  private long tail;
  private long timeMs;

  private JournalRepair(Path directory) {
    this.directory = directory;
    this.disk = Disk.directory(directory);
  }

  /**
   * Looks at the journal in a directory. One that is not there is one without segments.
   *
   * @throws JournalFailedException if a process has it open, a later version wrote it, or the disk
   *     refuses
   */
  public static JournalRepair of(Path directory) {
    var repair = new JournalRepair(directory);
    try {
      if (Files.isDirectory(directory)) {
        repair.lock = repair.disk.lock();
        repair.look();
      }
      return repair;
    } catch (JournalFailedException e) {
      repair.close();
      throw e;
    } catch (IOException e) {
      repair.close();
      throw new JournalFailedException("cannot repair " + directory + ": " + e.getMessage(), e);
    }
  }

  /** What has to be done, each in one line, in order; empty if the journal opens as it is. */
  public List<String> steps() {
    return steps.stream().map(RepairStep::text).toList();
  }

  /** What is damaged and keeps nothing from opening, each in one line. */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /** How many segments there are once the steps are done. */
  public int segments() {
    return segments.size();
  }

  /** The journal's id; empty without one, and in format 1. */
  public Optional<JournalId> id() {
    return segments.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(segments.lastEntry().getValue().id());
  }

  /** Where the first segment begins, once the steps are done; 0 without one. */
  public long oldest() {
    return segments.isEmpty() ? 0 : Position.of(segments.firstKey(), SegmentHeader.BYTES);
  }

  /** Whether the journal has ever let go of anything, or begins behind what another had. */
  public boolean isTrimmed() {
    return !segments.isEmpty() && segments.firstKey() > 1;
  }

  /** The position behind the last batch, once the steps are done. */
  public long tail() {
    return tail;
  }

  /** The journal's time that its last batch has; 0 without one, and in format 1. */
  public long timeMs() {
    return timeMs;
  }

  /**
   * Lets the journal, if there is one, go on behind a position that it never reached, in an empty
   * segment: for one that is lost, or an older copy, beside an archive that has followed it up to
   * there. What the archive knows of positions then stays right.
   *
   * @param id of the journal, if there is no segment left that has it
   * @param epoch the last that was ever given, as far as anybody knows
   * @param timeMs a time that the journal's is not before
   */
  public void goOnBehind(long position, @Nullable JournalId id, long epoch, long timeMs) {
    int next = Position.segment(position) + 1;
    var journal = id().orElseGet(() -> id != null ? id : JournalId.random(new SecureRandom()));
    if (!segments.isEmpty()) {
      for (int number = segments.lastKey() + 1; number < next; number++) {
        standIn(new SegmentHeader(number, 0, RepairStep.StandIn.BYTES, journal, 0));
      }
    }
    var header = new SegmentHeader(next, epoch, RepairStep.GoOn.BYTES, journal, timeMs);
    steps.add(
        new RepairStep.GoOn(
            header, "the archive has followed the journal to " + Position.text(position)));
    segments.put(next, header);
    tail = Position.of(next, SegmentHeader.BYTES);
  }

  /**
   * Does the steps.
   *
   * @param at names the directory in which what it takes away is kept
   * @return that directory; empty if nothing had to be kept
   * @throws JournalFailedException if the disk refuses; what was done then is done
   */
  public Optional<Path> apply(Instant at) {
    var stamp = at.truncatedTo(ChronoUnit.SECONDS).toString().replace(":", "");
    var removed = directory.resolve("removed-" + stamp);
    try {
      if (lock == null) {
        lock = disk.lock();
      }
      Files.createDirectories(removed, DirectoryDisk.mode("rwx------"));
      for (var step : steps) {
        step.apply(directory, removed);
      }
      disk.forceDirectory();
      try (var kept = Files.list(removed)) {
        if (kept.findAny().isPresent()) {
          return Optional.of(removed);
        }
      }
      Files.delete(removed);
      return Optional.empty();
    } catch (IOException e) {
      throw new JournalFailedException("cannot repair " + directory + ": " + e, e);
    }
  }

  private void look() throws IOException {
    var unreadable = new TreeMap<Integer, DamagedException>();
    for (int number : Segments.numbers(disk.list())) {
      readHeader(number, unreadable);
    }
    for (var each : unreadable.entrySet()) {
      makeHeader(each.getKey(), each.getValue());
    }
    moveOthers();
    for (var header : segments.values()) {
      long bytes = Files.size(directory.resolve(Segments.name(header.segment())));
      if (bytes != header.capacity()) {
        steps.add(new RepairStep.Resize(Segments.name(header.segment()), bytes, header.capacity()));
      }
    }
    survey();
    fillGaps();
  }

  private void readHeader(int number, Map<Integer, DamagedException> unreadable)
      throws IOException {
    var name = Segments.name(number);
    try (var file = disk.openForReading(name)) {
      var header = SegmentHeader.read(file, name);
      if (header.segment() == number) {
        segments.put(number, header);
      } else {
        steps.add(new RepairStep.Move(name, "holds segment " + header.segment()));
      }
    } catch (DamagedException e) {
      unreadable.put(number, e);
    }
  }

  /** Makes a header again, if the records behind it say that it is right; else the file goes. */
  private void makeHeader(int number, DamagedException why) throws IOException {
    var name = Segments.name(number);
    try (var file = disk.openForReading(name)) {
      var made = HeaderAgain.of(file, number, ids());
      if (made.isPresent()) {
        segments.put(number, made.get());
        steps.add(new RepairStep.Head(made.get(), why.what()));
      } else if (why instanceof LaterFormatException) {
        throw why;
      } else {
        steps.add(new RepairStep.Move(name, why.what()));
      }
    }
  }

  private Collection<JournalId> ids() {
    return counted().keySet();
  }

  private Map<JournalId, Integer> counted() {
    var counted = new LinkedHashMap<JournalId, Integer>();
    for (var header : segments.values()) {
      if (header.id() != null) {
        counted.merge(header.id(), 1, Integer::sum);
      }
    }
    return counted;
  }

  /** The journal is the one that most segments are of; others came from elsewhere. */
  private void moveOthers() {
    var counted = counted();
    var id = counted.keySet().stream().max(Comparator.comparing(counted::get)).orElse(null);
    boolean begun = false;
    for (var header : List.copyOf(segments.values())) {
      begun |= header.id() != null && header.id().equals(id);
      if (header.id() == null ? begun : !header.id().equals(id)) {
        segments.remove(header.segment());
        steps.add(
            new RepairStep.Move(
                Segments.name(header.segment()),
                "belongs to another journal" + (header.id() == null ? "" : ", " + header.id())));
      }
    }
  }

  private void fillGaps() {
    for (var header : List.copyOf(segments.values())) {
      var before = segments.lowerKey(header.segment());
      for (int number = header.segment() - 1; before != null && number > before; number--) {
        standIn(
            new SegmentHeader(
                header.version(), number, 0, RepairStep.StandIn.BYTES, header.id(), 0));
      }
    }
  }

  private void standIn(SegmentHeader header) {
    steps.add(new RepairStep.StandIn(header));
    segments.put(header.segment(), header);
  }

  /** Reads all that can be read, for what there is to say of it. */
  private void survey() throws IOException {
    var formats = new TreeMap<Integer, Format>();
    segments.values().forEach(each -> formats.put(each.segment(), each.format()));
    var walk = new SegmentWalk(new Notes());
    for (var header : segments.values()) {
      boolean isLast = header.segment() == segments.lastKey();
      try (var file = disk.openForReading(Segments.name(header.segment()))) {
        long flushedTo = isLast ? -1 : FirstMarks.flushedTo(disk, formats, header.segment());
        long end =
            walk.through(
                new SegmentWalk.Segment(
                    file, header.format(), header.segment(), header.capacity(), flushedTo, isLast));
        tail = Position.of(header.segment(), end);
        timeMs = Math.max(timeMs, header.timeMs());
      }
    }
  }

  /** Gives the lock back. */
  @Override
  public void close() {
    try {
      if (lock != null) {
        lock.close();
      }
    } catch (IOException e) {
      throw new JournalFailedException("cannot unlock " + directory, e);
    }
  }

  private final class Notes implements SegmentWalk.Sink {
    @Override
    public void batch(BatchMark mark) {
      timeMs = Math.max(timeMs, mark.timeMs());
    }

    @Override
    public void entry(RecordCursor record, BatchMark mark) {}

    @Override
    public void hole(Journal.Damage damage) {
      notes.add(
          damage
              + ": the next start goes on behind it, and what was open there is taken for"
              + " incomplete");
    }
  }
}
