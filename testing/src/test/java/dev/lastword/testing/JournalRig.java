package dev.lastword.testing;

import dev.lastword.journal.DiskRoom;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FileJournal;
import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A file journal on a faulty disk, all on the thread of the test, with a clock set by hand. */
final class JournalRig {
  static final FileJournal.Options SMALL = new FileJournal.Options(64 << 10, 4 << 10);
  static final StreamId STREAM = new StreamId("rig-rig-rig-rig-rig");

  FaultyDisk disk = new FaultyDisk();
  final DiskRoom room = new DiskRoom();
  private long nanos;
  long randomSeed = 1;
  long wallMs = 1_700_000_000_000L;

  FileJournal open() {
    return open(Runnable::run, Runnable::run);
  }

  FileJournal open(Executor writer, Executor preparer) {
    return open(writer, preparer, SMALL);
  }

  FileJournal open(Executor writer, Executor preparer, FileJournal.Options options) {
    return FileJournal.open(
        new FileJournal.Parts(
            disk, writer, preparer, () -> nanos, () -> wallMs, new Random(randomSeed), room),
        options);
  }

  void passSeconds(int seconds) {
    nanos += TimeUnit.SECONDS.toNanos(seconds);
    wallMs += TimeUnit.SECONDS.toMillis(seconds);
  }

  /** What came of one append, as {@code durable} or the refusal's name. */
  static String append(Journal journal, Entry entry) {
    var told = new Told();
    journal.append(entry, journal.fence(), told);
    return told.what;
  }

  static Entry opened() {
    return new Entry.Opened(STREAM, Map.of(), 1);
  }

  static Entry appended(long seq, int bytes) {
    return new Entry.Appended(STREAM, seq, events(bytes));
  }

  static Entry sealed(int bytes) {
    return new Entry.Sealed(STREAM, 1, events(bytes), Outcome.FAILED, "storage_full", false, 1);
  }

  static EncodedEvents events(int bytes) {
    return EncodedEvents.of(List.of(SseEvent.of("x".repeat(bytes))));
  }

  static List<Entry> replayed(Journal journal) {
    var entries = new ArrayList<Entry>();
    journal.replay(0, (entry, position, epoch, timeMs) -> entries.add(entry));
    return entries;
  }

  static List<Long> positions(Journal journal) {
    var positions = new ArrayList<Long>();
    journal.replay(0, (entry, position, epoch, timeMs) -> positions.add(position));
    return positions;
  }

  /** What one append was told. */
  static final class Told implements Journal.Ack {
    String what = "nothing";
    Journal.@Nullable Refusal refusal;

    @Override
    public void durable(long position, long epoch, long timeMs) {
      what = "durable";
    }

    @Override
    public void refused(Journal.Refusal why) {
      refusal = why;
      what = why.getClass().getSimpleName();
    }
  }
}
