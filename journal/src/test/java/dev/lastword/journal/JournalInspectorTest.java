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
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalInspectorTest {
  private static final StreamId STREAM = new StreamId("inspect-inspect-inspect");
  private static final int EVENTS = 500;

  @TempDir static Path written;
  @TempDir Path directory;

  /** Three segments, one batch an entry. */
  @BeforeAll
  static void fill() {
    var options = new FileJournal.Options(64 << 10, 4 << 10);
    try (var journal =
        FileJournal.open(
            new FileJournal.Parts(
                Disk.directory(written),
                Runnable::run,
                Runnable::run,
                () -> 0,
                () -> 0,
                new Random(1)),
            options)) {
      append(journal, new Entry.Opened(STREAM, Map.of("conversation", "secret-name"), 1));
      for (int i = 1; i <= EVENTS; i++) {
        append(journal, new Entry.Appended(STREAM, i, events("secret " + "x".repeat(150))));
      }
      append(journal, new Entry.Ending(STREAM, EVENTS + 1, events("[DONE]"), false, 2));
      append(journal, new Entry.Saved(STREAM, 3));
    }
  }

  @BeforeEach
  void copy() throws IOException {
    for (int segment = 1; segment <= 3; segment++) {
      var name = Segments.name(segment);
      Files.copy(written.resolve(name), directory.resolve(name));
    }
  }

  @Test
  void givenASoundJournal_whenPrinted_thenEachEntryAndStreamHasALineAndNoContent()
      throws IOException {
    var printed = print(true);
    assertThat(printed)
        .contains(
            "segment 0000000001.journal number=1 format=2 journal=bb1ad57319b89cd868fb0e6f684df992 epoch=1")
        .contains("appended stream=inspect-inspect-inspect seqs=500-500")
        .contains("inspect-inspect-inspect state=saved events=501")
        .endsWith("sound\n")
        .doesNotContain("secret");
    assertThat(printed.lines().filter(line -> line.contains(" appended stream="))).hasSize(EVENTS);
  }

  @Test
  void givenContentIsAskedFor_whenPrinted_thenItIsOnOneLineAndSteersNoTerminal()
      throws IOException {
    var other = directory.resolve("other");
    try (var journal = FileJournal.open(other, FileJournal.Options.DEFAULT)) {
      append(journal, new Entry.Appended(STREAM, 1, events("a\nb\u001b[31m\u202e\\")));
    }
    var out = new StringBuilder();
    JournalInspector.print(other, out, true);
    assertThat(out).contains("    data: a\\ndata: b\\u{1b}[31m\\u{202e}\\\\\\n\\n\n");
  }

  @Test
  void givenATornTail_whenPrinted_thenItIsSoundAndSaysSo() throws IOException {
    var closing = lastMark();
    overwrite(3, closing - 16, new byte[] {1, 2, 3}); // of the last entry
    overwrite(3, closing, new byte[BatchMark.BYTES]);
    assertThat(print(true)).contains("torn tail").doesNotContain(" saved stream=");
  }

  @Test
  void givenBytesOfAnEarlierLifeOfTheFile_whenPrinted_thenTheyAreFreeRoom() throws IOException {
    overwrite(3, 60_000, new byte[] {1, 2, 3});
    assertThat(print(true)).contains(" end, ").doesNotContain("torn tail");
  }

  /** Where in the last segment the closing mark stands. */
  private long lastMark() throws IOException {
    var line =
        print(true).lines().filter(each -> each.contains(" closing ")).findFirst().orElseThrow();
    return Long.parseLong(line.substring(2, line.indexOf(' ')));
  }

  @Test
  void givenDamageInAnEarlierSegment_whenPrinted_thenItNamesThePlaceAndGoesOnBehindIt()
      throws IOException {
    overwrite(2, 10_000, new byte[1_000]);
    var printed = print(false);
    assertThat(printed)
        .containsPattern("DAMAGE 2:9\\d\\d\\d \\d+ bytes are damaged")
        .contains("segment 0000000003.journal")
        .contains("state=saved")
        .contains("DAMAGED");
    assertThat(printed.lines().filter(line -> line.contains(" appended stream=")))
        .hasSizeBetween(EVENTS - 10, EVENTS - 1);
  }

  @Test
  void givenADamagedEntryInABatchOfSeveral_whenPrinted_thenTheOthersAreThere() throws IOException {
    var other = directory.resolve("other");
    var tasks = new ArrayDeque<Runnable>();
    var parts =
        new FileJournal.Parts(
            Disk.directory(other), tasks::add, Runnable::run, () -> 0, () -> 0, new Random(1));
    try (var journal = FileJournal.open(parts, new FileJournal.Options(64 << 10, 8 << 10))) {
      for (int i = 1; i <= 10; i++) {
        append(journal, new Entry.Appended(STREAM, i, events("x".repeat(100))));
      }
      tasks.remove().run();
    }
    try (var file =
        FileChannel.open(other.resolve("0000000001.journal"), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {1}), 4096 + 2 * 72 + 3 * 168 + 100);
    }
    var out = new StringBuilder();
    assertThat(JournalInspector.print(other, out, false)).isFalse();
    assertThat(out.toString().lines().filter(line -> line.contains(" appended stream=")))
        .hasSize(9);
    assertThat(out).contains("DAMAGE 1:4744 168 bytes are damaged");
  }

  @Test
  void givenDamageInTheFlushedPartOfTheLastSegment_whenPrinted_thenItIsNoTornTail()
      throws IOException {
    overwrite(3, 5_000, new byte[] {1, 2, 3});
    assertThat(print(false)).contains("DAMAGE 3:").doesNotContain("torn tail");
  }

  @Test
  void givenAMissingSegment_whenPrinted_thenItSaysWhich() throws IOException {
    Files.delete(directory.resolve("0000000002.journal"));
    assertThat(print(false)).contains("segments 2 to 2 are missing");
  }

  @Test
  void givenADamagedHeader_whenPrinted_thenTheEntriesAreStillPrinted() throws IOException {
    overwrite(1, 20, new byte[] {9});
    assertThat(print(false))
        .contains("has a damaged header")
        .contains("appended stream=inspect-inspect-inspect seqs=1-1");
  }

  @Test
  void givenOneFile_whenPrinted_thenOnlyItIs() throws IOException {
    var out = new StringBuilder();
    assertThat(JournalInspector.print(directory.resolve("0000000002.journal"), out, false))
        .isTrue();
    assertThat(out).contains("0000000002.journal").doesNotContain("0000000001.journal");
  }

  @Test
  void givenNoJournal_whenPrinted_thenItFails() {
    assertThatThrownBy(
            () -> JournalInspector.print(directory.resolve("none"), new StringBuilder(), false))
        .isInstanceOf(IOException.class);
  }

  @Test
  void givenRandomDamage_whenPrinted_thenItEndsAndTheFilesStayAsTheyAre() throws IOException {
    var random = new Random(7);
    for (int i = 0; i < 100; i++) {
      var bytes = new byte[1 + random.nextInt(2_000)];
      random.nextBytes(bytes);
      overwrite(1 + random.nextInt(3), random.nextInt(63_000), bytes);
      var before = contents();
      JournalInspector.print(directory, new StringBuilder(), random.nextBoolean());
      assertThat(contents()).isEqualTo(before);
    }
  }

  private String contents() throws IOException {
    var all = new StringBuilder();
    for (int segment = 1; segment <= 3; segment++) {
      all.append(Arrays.hashCode(Files.readAllBytes(directory.resolve(Segments.name(segment)))));
    }
    return all.toString();
  }

  private String print(boolean sound) throws IOException {
    var out = new StringBuilder();
    assertThat(JournalInspector.print(directory, out, false)).as(out.toString()).isEqualTo(sound);
    return out.toString();
  }

  private void overwrite(int segment, long offset, byte[] bytes) throws IOException {
    try (var file =
        FileChannel.open(directory.resolve(Segments.name(segment)), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(bytes), offset);
    }
  }

  private static EncodedEvents events(String data) {
    return EncodedEvents.of(List.of(SseEvent.of(data)));
  }

  private static void append(Journal journal, Entry entry) {
    journal.append(
        entry,
        journal.fence(),
        new Journal.Ack() {
          @Override
          public void durable(long position, long epoch, long timeMs) {}

          @Override
          public void refused(Journal.Refusal refusal) {
            throw new AssertionError(refusal);
          }
        });
  }
}
