package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds where a journal ends, and makes what stands before that durable.
 *
 * <p>What was being written when the power went is cut off. What had been flushed and is damaged
 * now stays where it is, and a replay tells. Only what nobody can read refuses.
 *
 * @see "docs/formats/journal.md §5"
 */
final class Recovery {
  private static final Logger log = LoggerFactory.getLogger(FileJournal.class);
  private static final int COPY_BYTES = 1 << 20;

  private final Disk disk;
  private final TreeMap<Integer, SegmentHeader> headers = new TreeMap<>();

  /**
   * Where to go on.
   *
   * @param header of the last segment
   * @param file of the last segment, open for writing
   * @param offset where the next batch goes
   * @param epoch the last epoch that was ever given
   * @param last the last batch, in a segment before if this one is empty; null if there is none
   * @param flushed where it ends, 0 if there is none
   */
  record Tail(
      SegmentHeader header,
      Disk.File file,
      long offset,
      long epoch,
      @Nullable BatchMark last,
      long flushed) {}

  Recovery(Disk disk) {
    this.disk = disk;
  }

  /** The headers of all segments, oldest first; empty before {@link #recover}. */
  Collection<SegmentHeader> headers() {
    return headers.values();
  }

  /** The tail of the journal in the directory; empty if there is none. */
  Optional<Tail> recover() throws IOException {
    readHeaders(Segments.numbers(disk.list()));
    if (isUnusedOfFirstFormat()) {
      giveBack(headers.lastKey());
    }
    if (headers.isEmpty()) {
      return Optional.empty();
    }
    var file = disk.open(Segments.name(headers.lastKey()));
    try {
      return Optional.of(recoverLast(file, headers.lastEntry().getValue()));
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private void readHeaders(List<Integer> numbers) throws IOException {
    for (int number : numbers) {
      if (!headers.isEmpty() && number != headers.lastKey() + 1) {
        throw new DamagedException(
            Segments.name(headers.lastKey() + 1), 0, "is missing between others");
      }
      try (var file = disk.openForReading(Segments.name(number))) {
        var header = SegmentHeader.read(file, Segments.name(number));
        check(header, number, file.size());
        headers.put(number, header);
      }
    }
  }

  private void check(SegmentHeader header, int number, long bytes) throws DamagedException {
    var name = Segments.name(number);
    if (header.segment() != number) {
      throw new DamagedException(name, 12, "holds segment " + header.segment());
    }
    if (bytes != header.capacity()) {
      throw new DamagedException(
          name, bytes, "is %d bytes long and should be %d".formatted(bytes, header.capacity()));
    }
    var id = headers.isEmpty() ? null : headers.lastEntry().getValue().id();
    if (id != null && !id.equals(header.id())) {
      throw new DamagedException(
          name, 32, "belongs to another journal, %s and not %s".formatted(header.id(), id));
    }
  }

  /** This version writes its own format: what is in use already goes on in a segment of its own. */
  private boolean isUnusedOfFirstFormat() throws IOException {
    if (headers.isEmpty() || !headers.lastEntry().getValue().format().isFirst()) {
      return false;
    }
    try (var file = disk.openForReading(Segments.name(headers.lastKey()))) {
      return survey(file, headers.lastEntry().getValue(), true).mark == null;
    }
  }

  /** Each segment that another follows has a batch: one without is a prepared one again. */
  private void giveBack(int number) throws IOException {
    disk.rename(Segments.name(number), Segments.preparedName(number));
    disk.forceDirectory();
    headers.remove(number);
  }

  private Tail recoverLast(Disk.File file, SegmentHeader header) throws IOException {
    var survey = survey(file, header, true);
    rewrite(file, survey.markAt, survey.end);
    file.force();
    return survey.mark != null
        ? tail(header, file, survey.end, survey)
        : afterPrevious(file, header, survey.end);
  }

  /** Nothing of the last segment's first batch is whole: those before tell. */
  private Tail afterPrevious(Disk.File file, SegmentHeader header, long offset) throws IOException {
    for (var each : headers.headMap(header.segment(), false).descendingMap().values()) {
      try (var previous = disk.openForReading(Segments.name(each.segment()))) {
        var survey = survey(previous, each, false);
        if (survey.mark != null) {
          return tail(header, file, offset, survey);
        }
      }
    }
    return tail(header, file, offset, new Survey());
  }

  private Tail tail(SegmentHeader header, Disk.File file, long offset, Survey survey) {
    long epoch = headers.values().stream().mapToLong(SegmentHeader::epoch).max().orElse(0);
    var mark = survey.mark;
    return mark == null
        ? new Tail(header, file, offset, epoch, null, 0)
        : new Tail(
            header,
            file,
            offset,
            Math.max(epoch, mark.epoch()),
            mark,
            Position.of(Position.segment(mark.position()), survey.end));
  }

  private Survey survey(Disk.File file, SegmentHeader header, boolean isLast) throws IOException {
    var survey = new Survey();
    survey.end =
        new SegmentWalk(survey)
            .through(
                new SegmentWalk.Segment(
                    file, header.format(), header.segment(), header.capacity(), -1, isLast));
    return survey;
  }

  /** What stands in one segment. */
  private final class Survey implements SegmentWalk.Sink {
    @Nullable BatchMark mark;
    long markAt = SegmentHeader.BYTES;
    long end = SegmentHeader.BYTES;

    @Override
    public void batch(BatchMark next) {
      mark = next;
      markAt = Position.offset(next.position());
    }

    @Override
    public void entry(RecordCursor record, BatchMark in) {}

    @Override
    public void hole(Journal.Damage damage) {
      log.error("journal.damaged dir={} cause={}", disk, damage);
    }
  }

  /**
   * Writes the last batch again as it was read. If the flush of it failed under the last opening,
   * the system may hold the pages for clean although the disk never had them: only dirty pages are
   * flushed by the force that follows.
   */
  private static void rewrite(Disk.File file, long from, long to) throws IOException {
    if (from == to) {
      return;
    }
    var buffer = ByteBuffer.allocateDirect((int) Math.min(COPY_BYTES, to - from));
    for (long at = from; at < to; at += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), to - at));
      file.read(buffer, at);
      file.write(buffer.flip(), at);
    }
  }
}
