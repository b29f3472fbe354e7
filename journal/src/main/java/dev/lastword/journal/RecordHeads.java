package dev.lastword.journal;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.Set;

/** What can be made out of records whose checksum does not hold. */
final class RecordHeads {
  /** Enough for the longest id. */
  private static final int HEAD_BYTES_MAX = Frame.HEAD + 255;

  /** A hint need not be complete, and a hole may be large. */
  private static final int RECORDS_MAX = 10_000;

  private RecordHeads() {}

  /**
   * The streams that the records of a damaged part seem to belong to, as long as each one's length
   * leads to the next.
   */
  static Set<StreamId> streams(Disk.File file, long from, long to) throws IOException {
    var streams = new LinkedHashSet<StreamId>();
    var head = ByteBuffer.allocate(HEAD_BYTES_MAX);
    int records = 0;
    for (long at = from; at + Frame.HEAD <= to && records < RECORDS_MAX; records++) {
      head.clear();
      file.read(head, at);
      int length = head.getInt(4);
      if (length < Frame.HEAD || length > FileJournal.ENTRY_BYTES_MAX || at + length > to) {
        break;
      }
      add(head, streams);
      at += Frame.padded(length);
    }
    return streams;
  }

  private static void add(ByteBuffer head, Set<StreamId> streams) {
    var id = new byte[head.get(9) & 0xff];
    head.get(Frame.HEAD, id);
    StreamId.parse(new String(id, ISO_8859_1)).ifPresent(streams::add);
  }
}
