package dev.lastword.testing;

import static dev.lastword.testing.JournalRig.append;
import static dev.lastword.testing.JournalRig.appended;
import static dev.lastword.testing.JournalRig.positions;
import static dev.lastword.testing.JournalRig.replayed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.JournalDamagedException;
import dev.lastword.journal.JournalFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Damage in what had been flushed is told, as narrow as it is, and keeps nothing else from being
 * served. Only what nobody can read is refused.
 */
class JournalDamageTest {
  private static final int HEADER_BYTES = 4096;
  private static final int MARK_BYTES = 72;
  private static final int ENTRIES = 700;
  private static final Entry NEW = appended(ENTRIES + 1, 10);

  private final JournalRig rig = new JournalRig();
  private final List<Entry> entries =
      IntStream.rangeClosed(1, ENTRIES).mapToObj(i -> appended(i, 150)).toList();
  private List<Long> positions = List.of();
  private long closedAt;

  /** Four segments, a batch for each entry, closed. */
  @BeforeEach
  void fill() {
    try (var journal = rig.open()) {
      for (var entry : entries) {
        assertThat(append(journal, entry)).isEqualTo("durable");
      }
      positions = positions(journal);
      closedAt = journal.tail();
    }
    assertThat(segment(positions.getLast())).isEqualTo(4);
  }

  @Test
  void givenABitFlippedAnywhereInTheDurablePart_whenReplayed_thenOnlyThatEntryIsMissingAndTold()
      throws IOException {
    var random = new Random(42);
    for (int i = 0; i < 1_000; i++) {
      int entry = i == 0 ? ENTRIES - 1 : random.nextInt(ENTRIES - 1);
      long from = positions.get(entry) - MARK_BYTES;
      long to = i == 0 ? closedAt : positions.get(entry + 1) - MARK_BYTES;
      if (segment(from) == segment(to)) {
        long offset = random.nextLong(offset(from), offset(to));
        int bit = random.nextInt(8);
        rig.disk.flipBit(name(segment(from)), offset, bit);
        var seen = openAndReplay();
        assertThat(seen.entries)
            .as("segment %d offset %d bit %d", segment(from), offset, bit)
            .isEqualTo(without(entry, entry + 1));
        assertThat(seen.holes).hasSize(1);
        var hole = seen.holes.getFirst();
        assertThat(hole.segment()).isEqualTo(segment(from));
        assertThat(offset).isBetween(hole.fromOffset(), hole.toOffset() - 1);
        assertThat(hole.toOffset() - hole.fromOffset()).isLessThanOrEqualTo(to - from);
        rig.disk.flipBit(name(segment(from)), offset, bit);
      }
    }
  }

  @Test
  void givenDamage_whenReplayedByWhomItDoesNotSuit_thenItIsRefusedAndNamed() throws IOException {
    rig.disk.flipBit(name(2), offset(inSegment(2)), 1);
    try (var journal = rig.open()) {
      assertThatThrownBy(() -> replayed(journal))
          .isInstanceOf(JournalDamagedException.class)
          .hasMessageContaining(name(2))
          .hasMessageContaining("offset")
          .hasMessageContaining("lastword inspect");
    }
  }

  @Test
  void givenDamageInFrontOfWhereItBegins_whenReplayed_thenNobodyIsTold() throws IOException {
    int needed = 100;
    rig.disk.flipBit(name(1), offset(positions.get(needed - 1)), 1);
    try (var journal = rig.open()) {
      var seen = new Seen();
      journal.replay(positions.get(needed), seen);
      assertThat(seen.holes).isEmpty();
      assertThat(seen.entries).isEqualTo(entries.subList(needed, ENTRIES));
    }
  }

  @Test
  void givenABitFlippedInAHeader_whenOpened_thenItIsRefusedAndToldWhatToDo() throws IOException {
    var random = new Random(42);
    for (int i = 0; i < 500; i++) {
      int offset = random.nextBoolean() ? random.nextInt(48) : random.nextInt(HEADER_BYTES);
      int segment = 1 + random.nextInt(4);
      int bit = random.nextInt(8);
      rig.disk.flipBit(name(segment), offset, bit);
      assertThatThrownBy(rig::open)
          .as("segment %d offset %d bit %d", segment, offset, bit)
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining(name(segment))
          .hasMessageContaining("lastword inspect")
          .hasMessageContaining("lastword repair");
      rig.disk.flipBit(name(segment), offset, bit);
    }
  }

  @Test
  void givenSectorsGoneInTheDurablePart_whenReplayed_thenWhatTheyHeldIsToldAndTheRestIsThere()
      throws IOException {
    var random = new Random(42);
    for (int i = 0; i < 300; i++) {
      int entry = random.nextInt(ENTRIES - 20);
      long from = positions.get(entry);
      if (segment(from) != segment(positions.get(entry + 20))) {
        continue;
      }
      long sector = (offset(from) + 511) / 512 * 512;
      var before = overwrite(segment(from), sector, new byte[512]);
      var seen = openAndReplay();
      assertThat(seen.holes).as("segment %d sector at %d", segment(from), sector).isNotEmpty();
      assertThat(entries).containsSubsequence(seen.entries);
      assertThat(seen.entries).hasSizeBetween(ENTRIES - 4, ENTRIES - 1);
      overwrite(segment(from), sector, before);
    }
  }

  @Test
  void givenTheEndOfAnEarlierSegmentIsGone_whenReplayed_thenItIsTold() throws IOException {
    int last = 0;
    while (segment(positions.get(last + 1)) <= 2) {
      last++;
    }
    overwrite(2, offset(positions.get(last)) - MARK_BYTES, new byte[600]);
    var seen = openAndReplay();
    assertThat(seen.entries).isEqualTo(without(last, last + 1));
    assertThat(seen.holes).extracting(Journal.Damage::segment).containsExactly(2);
  }

  @Test
  void givenAllOfASegmentButItsHeaderIsGone_whenReplayed_thenItIsToldAndTheOthersAreThere()
      throws IOException {
    for (int segment = 1; segment <= 4; segment++) {
      var before = overwrite(segment, HEADER_BYTES, new byte[(64 << 10) - HEADER_BYTES]);
      var seen = openAndReplay();
      int gone = segment;
      assertThat(seen.entries)
          .isEqualTo(
              IntStream.range(0, ENTRIES)
                  .filter(i -> segment(positions.get(i)) != gone)
                  .mapToObj(entries::get)
                  .toList());
      if (segment < 4) { // of the last nobody knows that there was something
        assertThat(seen.holes).extracting(Journal.Damage::segment).containsExactly(segment);
      }
      overwrite(segment, HEADER_BYTES, before);
    }
  }

  @Test
  void givenAnEntryOfABatchIsDamaged_whenReplayed_thenTheOthersOfTheBatchAreThere()
      throws IOException {
    rig.disk = new FaultyDisk();
    var tasks = new ArrayList<Runnable>();
    var streams = entries.subList(0, 10);
    try (var journal = rig.open(tasks::add, Runnable::run)) {
      streams.forEach(each -> journal.append(each, journal.fence(), new JournalRig.Told()));
      tasks.removeFirst().run();
      positions = positions(journal);
    }
    rig.disk.flipBit(name(1), offset(positions.get(4)) + 100, 2);
    var seen = openAndReplay();
    var expected = new ArrayList<>(streams);
    expected.remove(4);
    assertThat(seen.entries).isEqualTo(expected);
    assertThat(seen.holes)
        .containsExactly(
            new Journal.Damage(
                1, offset(positions.get(4)), offset(positions.get(5)), Set.of(JournalRig.STREAM)));
  }

  @Test
  void givenDamageAnywhereAndOfAnyKind_whenOpened_thenWhatIsShownWasWrittenAndWhatIsMissingIsTold()
      throws IOException {
    for (int seed = 1; seed <= 300; seed++) {
      var random = new Random(seed);
      var before = new ArrayList<Runnable>();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        int segment = random.nextInt(1, 5);
        var bytes = new byte[random.nextInt(1, random.nextBoolean() ? 20 : 5_000)];
        if (random.nextBoolean()) {
          random.nextBytes(bytes);
        }
        long offset = random.nextLong(HEADER_BYTES, (64 << 10) - bytes.length);
        var was = overwrite(segment, offset, bytes);
        before.addFirst(() -> overwriteUnchecked(segment, offset, was));
      }
      var disk = rig.disk;
      rig.disk = disk.flushed();
      var seen = openAndReplay();
      assertThat(entries).as("seed %d", seed).containsSubsequence(seen.entries);
      for (int i = 0; i < ENTRIES; i++) {
        assertThat(isAccountedFor(i, seen)).as("seed %d entry %d", seed, i).isTrue();
      }
      try (var journal = rig.open()) {
        assertThat(append(journal, NEW)).isEqualTo("durable");
      }
      assertThat(openAndReplay().entries).as("seed %d", seed).last().isEqualTo(NEW);
      rig.disk = disk;
      before.forEach(Runnable::run);
    }
  }

  /** Shown, told, or behind what looks like a torn tail. */
  private boolean isAccountedFor(int entry, Seen seen) {
    long position = positions.get(entry);
    return seen.positions.contains(position)
        || position >= seen.tail
        || seen.holes.stream()
            .anyMatch(
                hole ->
                    hole.segment() == segment(position)
                        && hole.fromOffset() <= offset(position)
                        && offset(position) < hole.toOffset());
  }

  @Test
  void givenWritesThatTheDiskLiedAbout_whenReopened_thenTheyAreToldAndNothingWrongIsShown()
      throws IOException {
    for (var fault : List.of(FaultyDisk.WriteFault.LOST, FaultyDisk.WriteFault.MISDIRECTED)) {
      for (int at = 0; at < 200; at += 7) {
        rig.disk = new FaultyDisk();
        var written = new ArrayList<Entry>();
        try (var journal = rig.open()) {
          for (int i = 1; i <= 200; i++) {
            rig.disk.faultNextWrite(i == at ? fault : FaultyDisk.WriteFault.NONE);
            written.add(appended(i, 100));
            assertThat(append(journal, written.getLast())).isEqualTo("durable");
          }
        }
        if (headerIsHit()) {
          continue;
        }
        var seen = openAndReplay();
        assertThat(written).containsSubsequence(seen.entries);
        assertThat(seen.entries.size() == written.size() || !seen.holes.isEmpty())
            .as("%s at %d", fault, at)
            .isTrue();
      }
    }
  }

  private boolean headerIsHit() throws IOException {
    var contents = rig.disk.contents(name(1));
    return contents[0] != 'L' || IntStream.range(48, 4_092).anyMatch(i -> contents[i] != 0);
  }

  @Test
  void givenADamagedEntry_whenReadByPosition_thenOnlyThatOneIsRefused() throws IOException {
    long damaged = positions.get(10);
    rig.disk.flipBit(name(1), offset(damaged) + 60, 3);
    try (var journal = rig.open()) {
      assertThatThrownBy(() -> journal.read(damaged))
          .isInstanceOf(JournalDamagedException.class)
          .hasMessageContaining(name(1));
      assertThat(journal.read(positions.get(9))).isEqualTo(appended(10, 150));
      assertThat(journal.read(positions.get(11))).isEqualTo(appended(12, 150));
    }
  }

  @Test
  void givenAMissingSegment_whenOpened_thenItIsRefused() throws IOException {
    rig.disk.delete(name(2));
    assertThatThrownBy(rig::open)
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining(name(2))
        .hasMessageContaining("missing")
        .hasMessageContaining("lastword repair");
  }

  @Test
  void givenASegmentOfAnotherJournal_whenOpened_thenItIsRefused() throws IOException {
    var other = new JournalRig();
    other.randomSeed = 2;
    try (var journal = other.open()) {
      entries.forEach(entry -> append(journal, entry));
    }
    overwrite(3, 0, other.disk.contents(name(3)));
    assertThatThrownBy(rig::open)
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining(name(3))
        .hasMessageContaining("another journal");
  }

  @Test
  void givenALaterFormatVersion_whenOpened_thenItSaysSo() throws IOException {
    overwrite(4, 8, new byte[] {0, 0, 0, 3});
    assertThatThrownBy(rig::open)
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("later Lastword")
        .hasMessageContaining("format 3");
  }

  @Test
  void givenAForeignFileUnderASegmentsName_whenOpened_thenItIsRefused() throws IOException {
    try (var file = rig.disk.create(name(5))) {
      file.write(ByteBuffer.wrap("something else".getBytes(StandardCharsets.US_ASCII)), 0);
    }
    assertThatThrownBy(rig::open)
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("no segment of a journal");
  }

  @Test
  void givenBytesBehindTheLastBatch_whenOpened_thenNothingOfThemIsEverTaken() throws IOException {
    long end;
    try (var journal = rig.open()) {
      end = journal.tail() + MARK_BYTES; // behind the mark that closing writes
    }
    var records = new byte[4_000]; // good ones, of an earlier place
    System.arraycopy(rig.disk.contents(name(4)), HEADER_BYTES, records, 0, records.length);
    overwrite(4, offset(end), records);
    try (var journal = rig.open()) {
      assertThat(replayed(journal)).isEqualTo(entries);
      assertThat(append(journal, NEW)).isEqualTo("durable");
    }
    assertThat(openAndReplay().entries).hasSize(ENTRIES + 1).last().isEqualTo(NEW);
  }

  @Test
  void givenReadsFail_whenReadAgain_thenAFreshHandleServes() {
    try (var journal = rig.open()) {
      assertThat(journal.read(positions.getFirst())).isEqualTo(entries.getFirst());
      rig.disk.failReads(true);
      assertThatThrownBy(() -> replayed(journal))
          .isInstanceOf(JournalFailedException.class)
          .isNotInstanceOf(JournalDamagedException.class)
          .hasMessageContaining("Input/output error");
      assertThatThrownBy(() -> journal.read(positions.getFirst()))
          .isInstanceOf(JournalFailedException.class)
          .isNotInstanceOf(JournalDamagedException.class);
      rig.disk.failReads(false);
      assertThat(replayed(journal)).hasSize(ENTRIES);
      assertThat(journal.read(positions.getFirst())).isEqualTo(entries.getFirst());
    }
    assertThat(rig.disk.filesOpen()).isZero();
  }

  private Seen openAndReplay() {
    var seen = new Seen();
    try (var journal = rig.open()) {
      seen.tail = journal.tail();
      journal.replay(0, seen);
    }
    return seen;
  }

  private List<Entry> without(int from, int to) {
    var rest = new ArrayList<>(entries);
    rest.subList(from, to).clear();
    return rest;
  }

  private long inSegment(int segment) {
    return positions.stream().filter(each -> segment(each) == segment).skip(5).findFirst().get();
  }

  /** What a replay told. */
  private static final class Seen implements Journal.Visitor {
    final List<Entry> entries = new ArrayList<>();
    final Set<Long> positions = new HashSet<>();
    final List<Journal.Damage> holes = new ArrayList<>();
    long tail;

    @Override
    public void visit(Entry entry, long position, long epoch, long timeMs) {
      entries.add(entry);
      positions.add(position);
    }

    @Override
    public void damaged(Journal.Damage damage) {
      holes.add(damage);
    }
  }

  private void overwriteUnchecked(int segment, long offset, byte[] bytes) {
    try {
      overwrite(segment, offset, bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] overwrite(int segment, long offset, byte[] bytes) throws IOException {
    var before = new byte[bytes.length];
    try (var file = rig.disk.open(name(segment))) {
      file.read(ByteBuffer.wrap(before), offset);
      file.write(ByteBuffer.wrap(bytes), offset);
      file.force();
    }
    return before;
  }

  private static String name(int segment) {
    return "%010d.journal".formatted(segment);
  }

  private static int segment(long position) {
    return (int) (position >>> 32);
  }

  private static long offset(long position) {
    return position & 0xffff_ffffL;
  }
}
