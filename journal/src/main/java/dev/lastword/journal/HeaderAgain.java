package dev.lastword.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Optional;
import java.util.stream.Stream;

/** Makes a damaged header again: from the records behind it, and the headers of other segments. */
final class HeaderAgain {
  private HeaderAgain() {}

  /**
   * The header that the first record fits to; empty if there is none, or no id fits.
   *
   * @param ids of journals that the segment may be of; what stands in the damaged header is tried
   *     as well
   */
  static Optional<SegmentHeader> of(Disk.File file, int segment, Collection<JournalId> ids)
      throws IOException {
    var found = Format.ofRecords(file, segment);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    var format = found.get();
    long epoch = firstMark(file, format).epoch();
    if (format.isFirst()) {
      return Optional.of(new SegmentHeader(Format.FIRST, segment, epoch, file.size(), null, 0));
    }
    long bytes = file.size();
    return Stream.concat(ids.stream(), Stream.of(idIn(file)))
        .filter(id -> Format.newest(id, segment).equals(format))
        .findFirst()
        .map(id -> new SegmentHeader(segment, epoch, bytes, id, 0));
  }

  private static BatchMark firstMark(Disk.File file, Format format) throws IOException {
    var record = ByteBuffer.allocate(BatchMark.BYTES);
    file.read(record, SegmentHeader.BYTES);
    return BatchMark.decode(record.clear(), format);
  }

  private static JournalId idIn(Disk.File file) throws IOException {
    var page = ByteBuffer.allocate(SegmentHeader.BYTES);
    file.read(page, 0);
    return SegmentHeader.idIn(page);
  }
}
