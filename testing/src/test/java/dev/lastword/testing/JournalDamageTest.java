package dev.lastword.testing;

import static dev.lastword.testing.JournalRig.append;
import static dev.lastword.testing.JournalRig.appended;
import static dev.lastword.testing.JournalRig.positions;
import static dev.lastword.testing.JournalRig.replayed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.JournalFailedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Damage in what had been flushed is refused, loudly; a torn tail is cut. */
class JournalDamageTest {
  private static final int HEADER_BYTES = 4096;
  private static final int ENTRIES = 800;

  private final JournalRig rig = new JournalRig();
  private List<Long> positions = List.of();

  /** Four segments, closed. */
  @BeforeEach
  void fill() {
    try (var journal = rig.open()) {
      for (int i = 1; i <= ENTRIES; i++) {
        assertThat(append(journal, appended(i, 150))).isEqualTo("durable");
      }
      positions = positions(journal);
    }
    assertThat(segment(positions.getLast())).isEqualTo(4);
  }

  @Test
  void givenABitFlippedAnywhereInTheDurablePart_whenRead_thenItIsRefusedAndNamed()
      throws IOException {
    var random = new Random(42);
    for (int i = 0; i < 1_000; i++) {
      int entry = random.nextInt(ENTRIES - 1);
      long from = positions.get(entry);
      long to = positions.get(entry + 1);
      if (segment(from) == segment(to)) {
        flipAndRead(segment(from), random.nextLong(offset(from), offset(to)), random.nextInt(8));
      }
    }
  }

  @Test
  void givenABitFlippedInAHeader_whenOpened_thenItIsRefused() throws IOException {
    var random = new Random(42);
    for (int i = 0; i < 500; i++) {
      int offset = random.nextBoolean() ? random.nextInt(40) : random.nextInt(HEADER_BYTES);
      flipAndRead(1 + random.nextInt(4), offset, random.nextInt(8));
    }
  }

  private void flipAndRead(int segment, long offset, int bit) throws IOException {
    rig.disk.flipBit(name(segment), offset, bit);
    assertThatThrownBy(this::openAndReplay)
        .as("segment %d offset %d bit %d", segment, offset, bit)
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining(name(segment))
        .hasMessageContaining("offset")
        .hasMessageContaining("lastword inspect");
    rig.disk.flipBit(name(segment), offset, bit);
  }

  private void openAndReplay() {
    try (var journal = rig.open()) {
      replayed(journal);
    }
  }

  @Test
  void givenSectorsGoneInTheDurablePart_whenRead_thenItIsRefused() throws IOException {
    var random = new Random(42);
    for (int i = 0; i < 300; i++) {
      int entry = random.nextInt(ENTRIES - 20);
      long from = positions.get(entry);
      if (segment(from) != segment(positions.get(entry + 20))) {
        continue;
      }
      long sector = (offset(from) + 511) / 512 * 512;
      var before = overwrite(segment(from), sector, new byte[512]);
      assertThatThrownBy(this::openAndReplay)
          .as("segment %d sector at %d", segment(from), sector)
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining(name(segment(from)));
      overwrite(segment(from), sector, before);
    }
  }

  @Test
  void givenTheEndOfAnEarlierSegmentIsGone_whenReplayed_thenItIsRefused() throws IOException {
    int last = 0;
    while (segment(positions.get(last + 1)) == 2 || segment(positions.get(last)) < 2) {
      last++;
    }
    long lastInSecond = positions.get(last);
    overwrite(2, offset(lastInSecond) - 48, new byte[600]);
    assertThatThrownBy(this::openAndReplay)
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining(name(2));
  }

  @Test
  void givenADamagedEntry_whenReadByPosition_thenOnlyThatOneIsRefused() throws IOException {
    long damaged = positions.get(10);
    rig.disk.flipBit(name(1), offset(damaged) + 60, 3);
    try (var journal = rig.open()) {
      assertThatThrownBy(() -> journal.read(damaged))
          .isInstanceOf(JournalFailedException.class)
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
        .hasMessageContaining("missing");
  }

  @Test
  void givenALaterFormatVersion_whenOpened_thenItSaysSo() throws IOException {
    overwrite(4, 8, new byte[] {0, 0, 0, 2});
    assertThatThrownBy(rig::open)
        .isInstanceOf(JournalFailedException.class)
        .hasMessageContaining("later Lastword")
        .hasMessageContaining("format 2");
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
  void givenBytesBehindTheLastBatch_whenOpened_thenTheyAreZeroedAndNothingElse()
      throws IOException {
    long end;
    try (var journal = rig.open()) {
      end = journal.tail() + 48; // behind the mark that closing writes
    }
    var random = new Random(42);
    var garbage = new byte[3_000];
    random.nextBytes(garbage);
    overwrite(segment(end), offset(end) + 1_000, garbage);
    try (var journal = rig.open()) {
      assertThat(positions(journal)).isEqualTo(positions);
      var contents = rig.disk.contents(name(segment(end)));
      for (int i = (int) offset(journal.tail()); i < contents.length; i++) {
        assertThat(contents[i]).isZero();
      }
    }
  }

  @Test
  void givenReadsFail_whenReplayed_thenItFailsAndServesAgainLater() {
    try (var journal = rig.open()) {
      rig.disk.failReads(true);
      assertThatThrownBy(() -> replayed(journal))
          .isInstanceOf(JournalFailedException.class)
          .hasMessageContaining("Input/output error");
      assertThatThrownBy(() -> journal.read(positions.getFirst()))
          .isInstanceOf(JournalFailedException.class);
      rig.disk.failReads(false);
      assertThat(replayed(journal)).hasSize(ENTRIES);
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
