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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever keeps a journal from opening is named, mended when told, and nothing is thrown away. */
class JournalRepairTest {
  private static final FileJournal.Options SMALL = new FileJournal.Options(64 << 10, 4 << 10);
  private static final StreamId STREAM = new StreamId("repair-repair-repair");
  private static final Entry NEW = new Entry.Rejected(STREAM, 1);
  private static final Instant NOW = Instant.parse("2026-11-28T08:09:10Z");

  @TempDir Path directory;
  private final List<Entry> entries = new ArrayList<>();
  private final List<Long> positions = new ArrayList<>();
  private JournalId id = new JournalId(0, 0);

  /** Four segments, closed. */
  @BeforeEach
  void fill() {
    try (var journal = FileJournal.open(directory, SMALL)) {
      id = journal.id();
      while (journal.tail() >>> 32 < 4) {
        append(journal, event(entries.size() + 1));
      }
      append(journal, event(entries.size() + 1));
      journal.replay(0, (entry, position, epoch, timeMs) -> positions.add(position));
    }
  }

  @Test
  void givenASoundJournal_whenLookedAt_thenThereIsNothingToDo() throws IOException {
    var before = contents();
    try (var repair = JournalRepair.of(directory)) {
      assertThat(repair.steps()).isEmpty();
      assertThat(repair.notes()).isEmpty();
      assertThat(repair.id()).contains(id);
      assertThat(repair.segments()).isEqualTo(4);
      assertThat(repair.tail()).isGreaterThan(positions.getLast());
    }
    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void givenADamagedHeader_whenRepaired_thenItIsMadeAgainAndAllIsThere() throws IOException {
    for (int at : new int[] {0, 8, 11, 13, 20, 27, 35, 50, 2_000, 4_095}) {
      var page = overwrite(2, at, new byte[] {99});
      assertThatThrownBy(() -> FileJournal.open(directory, SMALL))
          .isInstanceOf(JournalFailedException.class);
      var removed = repair("write the header of 0000000002.journal again");
      assertThat(removed.orElseThrow().resolve("0000000002.journal.header")).isRegularFile();
      assertThat(replayed(0)).as("byte %d", at).isEqualTo(entries);
      overwrite(2, at, page);
      deleteRecursively(removed.orElseThrow());
    }
  }

  @Test
  void givenAMissingSegment_whenRepaired_thenItIsToldAsDamageAndTheRestIsThere()
      throws IOException {
    Files.delete(file(2));
    repair("put an empty segment in the place of 0000000002.journal");
    assertThat(replayed(1)).isEqualTo(without(2));
    goesOn();
  }

  @Test
  void givenSeveralMissingSegments_whenRepaired_thenTheRestIsThere() throws IOException {
    Files.delete(file(2));
    Files.delete(file(3));
    repair("0000000003.journal", "0000000002.journal");
    assertThat(replayed(1)).isEqualTo(without(2, 3));
    goesOn();
  }

  @Test
  void givenAForeignFile_whenRepaired_thenItIsMovedAwayAndKept() throws IOException {
    Files.writeString(file(3), "something else");
    var removed =
        repair("move 0000000003.journal away: is no segment of a journal", "put an empty segment");
    assertThat(removed.orElseThrow().resolve("0000000003.journal")).hasContent("something else");
    assertThat(removed.orElseThrow()).hasFileName("removed-2026-11-28T080910Z");
    assertThat(replayed(1)).isEqualTo(without(3));
    goesOn();
  }

  @Test
  void givenASegmentOfAnotherJournal_whenRepaired_thenItIsMovedAway() throws IOException {
    var other = directory.resolve("other");
    FileJournal.open(other, SMALL).close();
    Files.copy(other.resolve("0000000001.journal"), directory.resolve("other-1"));
    var bytes = Files.readAllBytes(directory.resolve("other-1"));
    ByteBuffer.wrap(bytes).putInt(12, 5); // as the fifth
    Files.write(file(5), headed(bytes, 5));
    repair("move 0000000005.journal away: belongs to another journal");
    assertThat(replayed(0)).isEqualTo(entries);
    goesOn();
  }

  private static byte[] headed(byte[] segment, int number) {
    var page = ByteBuffer.wrap(segment);
    var header = new SegmentHeader(number, 1, segment.length, SegmentHeader.idIn(page), 0).encode();
    page.put(0, header, 0, SegmentHeader.BYTES);
    return segment;
  }

  @Test
  void givenAFileThatWasCutOff_whenRepaired_thenWhatIsLeftIsThere() throws IOException {
    try (var file = FileChannel.open(file(2), StandardOpenOption.WRITE)) {
      file.truncate(30_000);
    }
    repair("fill 0000000002.journal up from 30000 to 65536 bytes");
    var left = replayed(-1);
    assertThat(entries).containsSubsequence(left);
    assertThat(left.size()).isBetween(without(2).size() + 10, entries.size() - 10);
    goesOn();
  }

  @Test
  void givenAFileThatIsTooLong_whenRepaired_thenTheRestIsKeptBeside() throws IOException {
    Files.writeString(file(2), "and more", StandardOpenOption.APPEND);
    var removed = repair("cut 0000000002.journal from 65544 to 65536 bytes");
    assertThat(removed.orElseThrow().resolve("0000000002.journal.rest")).hasContent("and more");
    assertThat(replayed(0)).isEqualTo(entries);
  }

  @Test
  void givenDamageInWhatIsWritten_whenLookedAt_thenItIsANoteAndNoStep() throws IOException {
    overwrite(2, positions.get(60) & 0xffff_ffffL, new byte[] {99});
    try (var repair = JournalRepair.of(directory)) {
      assertThat(repair.steps()).isEmpty();
      assertThat(repair.notes()).hasSize(1);
      assertThat(repair.notes().getFirst())
          .contains("0000000002.journal is damaged")
          .contains("goes on behind it");
    }
  }

  @Test
  void givenALaterFormat_whenLookedAt_thenItIsRefused() throws IOException {
    var later = new SegmentHeader(3, 5, 1, 64 << 10, id, 0);
    Files.write(file(5), Arrays.copyOf(later.encode().array(), 64 << 10));
    assertThatThrownBy(() -> JournalRepair.of(directory))
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("later Lastword");
    FileJournal.open(directory.resolve("new"), SMALL).close();
  }

  @Test
  void givenAnOpenJournal_whenLookedAt_thenItIsRefused() {
    try (var journal = FileJournal.open(directory, SMALL)) {
      assertThat(journal.health()).isEqualTo(Journal.Health.OPEN);
      assertThatThrownBy(() -> JournalRepair.of(directory))
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining("already open");
    }
  }

  @Test
  void givenTheJournalIsLost_whenLetGoOnBehindAPosition_thenPositionsEpochsAndTimeDo()
      throws IOException {
    var lost = directory.resolve("lost");
    long position = Position.of(7, 12_345);
    try (var repair = JournalRepair.of(lost)) {
      assertThat(repair.segments()).isZero();
      assertThat(lost).doesNotExist();
      repair.goOnBehind(position, id, 41, 1_000_000);
      assertThat(repair.apply(NOW)).isEmpty();
    }
    try (var journal = FileJournal.open(lost, SMALL)) {
      assertThat(journal.id()).isEqualTo(id);
      assertThat(journal.epoch()).isEqualTo(42);
      assertThat(journal.oldest()).isGreaterThan(position);
      assertThat(journal.timeMs()).isBetween(1_000_000L, 1_100_000L);
      append(journal, NEW);
      journal.replay(position, (entry, at, epoch, timeMs) -> assertThat(entry).isEqualTo(NEW));
    }
    FileJournal.open(lost, SMALL).close();
  }

  @Test
  void givenAnOlderCopy_whenLetGoOnBehindAPosition_thenWhatItHasIsThereAndNewEntriesAreBehind()
      throws IOException {
    long position = Position.of(7, 12_345);
    try (var repair = JournalRepair.of(directory)) {
      repair.goOnBehind(position, id, 41, 1_000_000);
      repair.apply(NOW);
    }
    assertThat(replayed(0)).isEqualTo(entries);
    try (var journal = FileJournal.open(directory, SMALL)) {
      assertThat(journal.id()).isEqualTo(id);
      assertThat(journal.tail()).isGreaterThan(position);
      assertThat(journal.epoch()).isGreaterThan(41);
    }
    goesOn();
    assertThat(replayed(0)).last().isEqualTo(NEW);
  }

  @Test
  void givenMishapsOfAnyKind_whenRepaired_thenItOpensAndShowsOnlyWhatWasWritten()
      throws IOException {
    var original = directory.resolve("original");
    Files.createDirectories(original);
    for (int segment = 1; segment <= 4; segment++) {
      Files.copy(file(segment), original.resolve(Segments.name(segment)));
    }
    for (int seed = 1; seed <= 60; seed++) {
      var random = new Random(seed);
      for (int segment = 1; segment <= 4; segment++) {
        Files.write(file(segment), Files.readAllBytes(original.resolve(Segments.name(segment))));
      }
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        mishap(random);
      }
      try (var repair = JournalRepair.of(directory)) {
        repair.apply(NOW.plusSeconds(seed));
      }
      assertThat(entries).as("seed %d", seed).containsSubsequence(replayed(-1));
      try (var repair = JournalRepair.of(directory)) {
        assertThat(repair.steps()).as("seed %d", seed).isEmpty();
      }
      for (var name : Segments.numbers(Disk.directory(directory).list())) {
        Files.delete(file(name));
      }
    }
  }

  private void mishap(Random random) throws IOException {
    int segment = random.nextInt(1, 5);
    if (!Files.exists(file(segment))) {
      return;
    }
    switch (random.nextInt(4)) {
      case 0 -> Files.delete(file(segment));
      case 1 -> overwrite(segment, random.nextInt(4_096), new byte[random.nextInt(1, 5_000)]);
      case 2 -> {
        try (var file = FileChannel.open(file(segment), StandardOpenOption.WRITE)) {
          file.truncate(random.nextInt(64 << 10));
        }
      }
      default -> overwrite(segment, random.nextInt(60_000), new byte[random.nextInt(1, 3_000)]);
    }
  }

  /** Repairs, and checks that each text is among the steps. */
  private Optional<Path> repair(String... steps) {
    try (var repair = JournalRepair.of(directory)) {
      for (var step : steps) {
        assertThat(repair.steps()).anyMatch(each -> each.contains(step));
      }
      return repair.apply(NOW);
    }
  }

  /** Opens and replays; holes as many as given, or any for -1. */
  private List<Entry> replayed(int holes) {
    var seen = new ArrayList<Entry>();
    var told = new ArrayList<Journal.Damage>();
    try (var journal = FileJournal.open(directory, SMALL)) {
      journal.replay(
          0,
          new Journal.Visitor() {
            @Override
            public void visit(Entry entry, long position, long epoch, long timeMs) {
              seen.add(entry);
            }

            @Override
            public void damaged(Journal.Damage damage) {
              told.add(damage);
            }
          });
    }
    if (holes >= 0) {
      assertThat(told).hasSize(holes);
    }
    return seen;
  }

  private void goesOn() {
    try (var journal = FileJournal.open(directory, SMALL)) {
      append(journal, NEW);
    }
    assertThat(replayed(-1)).last().isEqualTo(NEW);
  }

  private List<Entry> without(Integer... segments) {
    var rest = new ArrayList<Entry>();
    for (int i = 0; i < positions.size(); i++) {
      if (!List.of(segments).contains(Position.segment(positions.get(i)))) {
        rest.add(entries.get(i));
      }
    }
    return rest;
  }

  private static Entry event(int seq) {
    return new Entry.Appended(
        STREAM, seq, EncodedEvents.of(List.of(SseEvent.of("x".repeat(1_000)))));
  }

  private void append(Journal journal, Entry entry) {
    var ack = new FileJournalTest.Acknowledged();
    journal.append(entry, journal.fence(), ack);
    ack.position.join();
    if (!entry.equals(NEW)) {
      entries.add(entry);
    }
  }

  private Path file(int segment) {
    return directory.resolve(Segments.name(segment));
  }

  private byte[] overwrite(int segment, long offset, byte[] bytes) throws IOException {
    var before = ByteBuffer.allocate(bytes.length);
    try (var file =
        FileChannel.open(file(segment), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      file.read(before, offset);
      file.write(ByteBuffer.wrap(bytes), offset);
    }
    return before.array();
  }

  private List<String> contents() throws IOException {
    var contents = new ArrayList<String>();
    try (var files = Files.list(directory)) {
      for (var file : files.filter(each -> each.toString().endsWith("l")).sorted().toList()) {
        contents.add(file.getFileName() + " " + HexDump.of(Files.readAllBytes(file)).hashCode());
      }
    }
    return contents;
  }

  private static void deleteRecursively(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
