package dev.lastword.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the last version that wrote format 1 left on disk is read, and goes on in format 2. The
 * directories in {@code format-1.zip} were written by {@code WriteFormatOne.txt} beside it.
 */
class FormatOneTest {
  private static final FileJournal.Options SMALL = new FileJournal.Options(64 << 10, 8 << 10);
  private static final StreamId FIRST = new StreamId("first-first-first-first");
  private static final StreamId SECOND = new StreamId("second-second-second");
  private static final int EVENTS = 40;
  private static final Entry.Rejected NEW = new Entry.Rejected(SECOND, 7);

  @TempDir Path directory;

  @Test
  void givenAClosedJournal_whenOpenedAndUsed_thenAllIsThereInOrderAndNothingWasRewritten()
      throws IOException {
    unpack("closed");
    var before = segments();
    JournalId id;
    try (var journal = FileJournal.open(directory, SMALL)) {
      id = journal.id();
      assertThat(journal.epoch()).isEqualTo(3);
      assertThat(entries(journal)).isEqualTo(closed());
      append(journal, NEW);
    }
    assertThat(segments()).containsAllEntriesOf(before).hasSize(before.size() + 1);
    try (var journal = FileJournal.open(directory, SMALL)) {
      assertThat(journal.id()).isEqualTo(id);
      assertThat(journal.epoch()).isEqualTo(4);
      var expected = new ArrayList<>(closed());
      expected.add(NEW);
      assertThat(entries(journal)).isEqualTo(expected);
    }
  }

  @Test
  void givenAClosedJournal_whenReplayed_thenEpochsAreAsTheyWereAndTheTimeIsThatOfTheMigration()
      throws IOException {
    unpack("closed");
    try (var journal = FileJournal.open(directory, SMALL)) {
      journal.replay(
          0,
          (entry, position, epoch, timeMs) -> {
            assertThat(epoch).isEqualTo(entry.stream().equals(FIRST) ? 1 : 2);
            assertThat(timeMs).isEqualTo(1);
            assertThat(journal.read(position)).isEqualTo(entry);
          });
    }
  }

  @Test
  void givenAKilledProcessAndATornTail_whenOpened_thenWhatWasAcknowledgedIsThere()
      throws IOException {
    unpack("killed");
    var before = segments();
    try (var journal = FileJournal.open(directory, SMALL)) {
      assertThat(entries(journal)).isEqualTo(killed());
      append(journal, NEW);
      assertThat(entries(journal)).last().isEqualTo(NEW);
    }
    assertThat(segments()).containsAllEntriesOf(before);
    var printed = new StringBuilder();
    assertThat(JournalInspector.print(directory, printed, false)).as(printed.toString()).isTrue();
    assertThat(printed).contains("format=1 epoch=1").contains("format=2 journal=");
  }

  @Test
  void givenTheProcessDiedBehindTheNameOfANextSegment_whenOpened_thenItGoesOnThere()
      throws IOException {
    unpack("closed");
    Files.move(directory.resolve("0000000003.prep"), directory.resolve("0000000003.journal"));
    try (var journal = FileJournal.open(directory, SMALL)) {
      append(journal, NEW);
      assertThat(entries(journal)).hasSize(closed().size() + 1).startsWith(closed().getFirst());
      assertThat(journal.tail() >>> 32).isEqualTo(3);
    }
  }

  @Test
  void givenAJournalThatWasMadeAndNeverOpened_whenOpened_thenItIsANewOne() throws IOException {
    unpack("closed");
    for (var name : List.of("0000000001.journal", "0000000002.journal")) {
      Files.delete(directory.resolve(name));
    }
    Files.move(directory.resolve("0000000003.prep"), directory.resolve("0000000003.journal"));
    try (var journal = FileJournal.open(directory, SMALL)) {
      append(journal, NEW);
      assertThat(entries(journal)).containsExactly(NEW);
    }
  }

  @Test
  void givenABitFlipped_whenReplayed_thenTheRestOfItsBatchIsToldAsDamageAndAllElseIsThere()
      throws IOException {
    unpack("closed");
    long damaged;
    try (var journal = FileJournal.open(directory, SMALL)) {
      damaged = positions(journal).get(10);
    }
    overwrite((int) (damaged >>> 32), (damaged & 0xffff_ffffL) + 100, (byte) 0);
    try (var journal = FileJournal.open(directory, SMALL)) {
      var seen = new ArrayList<Entry>();
      var holes = new ArrayList<Journal.Damage>();
      journal.replay(0, collect(seen, holes));
      var expected = new ArrayList<>(closed());
      expected.remove(10);
      assertThat(seen).isEqualTo(expected);
      assertThat(holes).hasSize(1);
      assertThat(holes.getFirst().fromOffset()).isEqualTo(damaged & 0xffff_ffffL);
      assertThat(holes.getFirst().streams()).containsExactly(FIRST);
      assertThatThrownBy(() -> entries(journal)).isInstanceOf(JournalDamagedException.class);
    }
  }

  @Test
  void givenAllOfASegmentIsZero_whenReplayed_thenItIsToldAsDamage() throws IOException {
    unpack("closed");
    try (var file =
        FileChannel.open(directory.resolve("0000000001.journal"), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.allocate(60 << 10), 4096);
    }
    try (var journal = FileJournal.open(directory, SMALL)) {
      var seen = new ArrayList<Entry>();
      var holes = new ArrayList<Journal.Damage>();
      journal.replay(0, collect(seen, holes));
      assertThat(holes).extracting(Journal.Damage::segment).containsExactly(1);
      assertThat(seen)
          .isNotEmpty()
          .isEqualTo(closed().subList(closed().size() - seen.size(), closed().size()));
    }
  }

  private static Journal.Visitor collect(List<Entry> entries, List<Journal.Damage> holes) {
    return new Journal.Visitor() {
      @Override
      public void visit(Entry entry, long position, long epoch, long timeMs) {
        entries.add(entry);
      }

      @Override
      public void damaged(Journal.Damage damage) {
        holes.add(damage);
      }
    };
  }

  private static List<Entry> closed() {
    var entries = new ArrayList<Entry>();
    entries.add(
        new Entry.Opened(
            FIRST, Map.of("dialect", "openai-chat", "größe", "ß"), 1_700_000_000_000L));
    IntStream.rangeClosed(1, EVENTS)
        .mapToObj(i -> appended(FIRST, i, "event " + i + " " + "x".repeat(2_000)))
        .forEach(entries::add);
    entries.add(new Entry.Ending(FIRST, 41, events("[DONE]"), true, 1_700_000_001_000L));
    entries.add(new Entry.Saved(FIRST, 1_700_000_002_000L));
    entries.add(
        new Entry.Sealed(
            FIRST, 42, EncodedEvents.NONE, Outcome.COMPLETED, "", true, 1_700_000_003_000L));
    entries.add(new Entry.Late(FIRST, events("late")));
    entries.add(new Entry.Deleted(FIRST, 1_700_000_004_000L, false));
    entries.add(new Entry.Opened(SECOND, Map.of(), 1_700_000_005_000L));
    entries.add(appended(SECOND, 1, "one", "two"));
    entries.add(
        new Entry.Sealed(
            SECOND,
            3,
            events("error"),
            Outcome.FAILED,
            "upstream_truncated",
            false,
            1_700_000_006_000L));
    return entries;
  }

  private static List<Entry> killed() {
    return List.of(
        new Entry.Opened(SECOND, Map.of(), 1_700_000_005_000L), appended(SECOND, 1, "one"));
  }

  private static Entry appended(StreamId stream, long seq, String... data) {
    return new Entry.Appended(stream, seq, events(data));
  }

  private static EncodedEvents events(String... data) {
    return EncodedEvents.of(List.of(data).stream().map(SseEvent::of).toList());
  }

  private static List<Entry> entries(Journal journal) {
    var entries = new ArrayList<Entry>();
    journal.replay(0, (entry, position, epoch, timeMs) -> entries.add(entry));
    return entries;
  }

  private static List<Long> positions(Journal journal) {
    var positions = new ArrayList<Long>();
    journal.replay(0, (entry, position, epoch, timeMs) -> positions.add(position));
    return positions;
  }

  private static void append(Journal journal, Entry entry) {
    var ack = new FileJournalTest.Acknowledged();
    journal.append(entry, journal.fence(), ack);
    ack.position.join();
  }

  private void overwrite(int segment, long offset, byte value) throws IOException {
    try (var file =
        FileChannel.open(directory.resolve(Segments.name(segment)), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {value}), offset);
    }
  }

  private Map<String, String> segments() throws IOException {
    var segments = new TreeMap<String, String>();
    try (var files = Files.list(directory)) {
      for (var file : files.filter(each -> each.toString().endsWith(".journal")).toList()) {
        segments.put(file.getFileName().toString(), HexDump.of(Files.readAllBytes(file)));
      }
    }
    return segments;
  }

  private void unpack(String which) throws IOException {
    try (var zip = new ZipInputStream(FormatOneTest.class.getResourceAsStream("format-1.zip"))) {
      for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().startsWith(which + "/")) {
          var name = entry.getName().substring(which.length() + 1);
          Files.write(directory.resolve(name), zip.readAllBytes());
        }
      }
    }
  }
}
