package dev.lastword.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes on disk are those of the worked example in docs/formats/journal.md. */
class GoldenJournalTest {
  private static final FileJournal.Options SMALL = new FileJournal.Options(64 << 10, 4 << 10);
  private static final String NAME = "0000000001.journal";
  private static final StreamId STREAM = new StreamId("b3BlbiBzZXNhbWUh");
  private static final List<Entry> ENTRIES =
      List.of(
          new Entry.Opened(STREAM, Map.of("dialect", "openai-chat"), 1_700_000_000_000L),
          new Entry.Appended(STREAM, 1, EncodedEvents.of(List.of(SseEvent.of("Hello")))),
          new Entry.Sealed(
              STREAM,
              2,
              EncodedEvents.of(List.of(SseEvent.of("[DONE]"))),
              Outcome.COMPLETED,
              "",
              false,
              1_700_000_001_000L));

  @TempDir Path directory;
  private long sinceMs;

  @Test
  void givenTheExample_whenWritten_thenTheBytesAreGolden() throws IOException {
    write();
    assertThat(HexDump.of(Files.readAllBytes(directory.resolve(NAME)))).isEqualTo(golden());
  }

  @Test
  void givenTheGoldenBytes_whenOpened_thenTheExampleIsRead() throws IOException {
    assertThat(read("golden.journal.hex")).isEqualTo(List.of(1L, 1L, 1_001L));
  }

  @Test
  void givenTheSameInFormat1_whenOpened_thenTheExampleIsReadAndIsAsOldAsTheJournal()
      throws IOException {
    assertThat(read("golden-format-1.journal.hex")).isEqualTo(List.of(1L, 1L, 1L));
  }

  /** Opens the dump of a segment; the times of its entries. */
  private List<Long> read(String dump) throws IOException {
    Files.write(directory.resolve(NAME), HexDump.parse(resource(dump)));
    try (var journal = FileJournal.open(directory, SMALL)) {
      var entries = new ArrayList<Entry>();
      var times = new ArrayList<Long>();
      journal.replay(
          0,
          (entry, position, epoch, timeMs) -> {
            entries.add(entry);
            times.add(timeMs);
          });
      assertThat(entries).isEqualTo(ENTRIES);
      assertThat(journal.epoch()).isEqualTo(2);
      return times;
    }
  }

  @Test
  void givenTheFormatPage_whenRead_thenItShowsTheGoldenBytesAndWhatInspectSaysOfThem()
      throws IOException {
    var page = Files.readString(root().resolve("docs/formats/journal.md"));
    assertThat(page).contains(golden());

    Files.write(directory.resolve(NAME), HexDump.parse(golden()));
    var printed = new StringBuilder();
    assertThat(JournalInspector.print(directory, printed, true)).isTrue();
    assertThat(page).contains(printed.toString().replace(directory.toString(), "example"));
  }

  /** One batch of two entries, one of one, and the marks of opening and closing. */
  private void write() {
    Queue<Runnable> batches = new ArrayDeque<>();
    try (var journal =
        FileJournal.open(
            new FileJournal.Parts(
                Disk.directory(directory),
                batches::add,
                Runnable::run,
                () -> sinceMs * 1_000_000,
                () -> 1_700_000_000_000L + sinceMs,
                new Random(1)),
            SMALL)) {
      append(journal, ENTRIES.get(0));
      append(journal, ENTRIES.get(1));
      batches.remove().run();
      sinceMs = 1_000;
      append(journal, ENTRIES.get(2));
      batches.remove().run();
    }
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

  private static String golden() throws IOException {
    return resource("golden.journal.hex");
  }

  private static String resource(String name) throws IOException {
    try (var in = GoldenJournalTest.class.getResourceAsStream(name)) {
      assertThat(in).isNotNull();
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  private static Path root() {
    var module = System.getProperty("basedir"); // set by Maven
    return module == null ? Path.of("") : Path.of(module, "..");
  }
}
