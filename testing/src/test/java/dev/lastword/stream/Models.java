package dev.lastword.stream;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.testing.MemoryArchive;
import dev.lastword.testing.MemoryJournal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;

/** Small streams for the model checker: few steps, no disk. */
final class Models {
  static final StreamId ID = new StreamId("model-stream-0001");
  static final Dialect DIALECT = Dialects.ofPath("/v1/chat/completions");
  static final Entry.Opened OPENED = new Entry.Opened(ID, Map.of(), 1);
  static final EncodedEvents ONE = EncodedEvents.of(List.of(SseEvent.of("one")));
  static final EncodedEvents LAST = EncodedEvents.of(List.of(SseEvent.of("last")));
  private static final long PLENTY = 1L << 30;

  /** Nothing of these streams is anywhere but in memory. */
  private static final BlockStore NO_STORE =
      new BlockStore(
          MemoryJournal.open(new MemoryJournal.Store(), Runnable::run),
          new MemoryArchive(1),
          Runnable::run);

  private Models() {}

  /** A stream whose creation is on the disk, and nothing else; its home runs nothing. */
  static Stream opened() {
    var stream = opening(new MemoryBudget(PLENTY));
    apply(stream, OPENED, 1);
    return stream;
  }

  /** A stream whose creation is not on the disk, and may be refused. */
  static Stream opening(MemoryBudget budget) {
    return opening(budget, DIALECT, 1 << 20);
  }

  /**
   * The same.
   *
   * @param residentBytesMax as {@link Stream.Ground} has it
   */
  static Stream opening(MemoryBudget budget, Dialect dialect, int residentBytesMax) {
    var ground = new Stream.Ground(NO_STORE, budget, residentBytesMax, false);
    return Stream.journaled(OPENED, dialect, new ModelHome(), ground, 1);
  }

  /** An entry of a stream becomes durable. */
  static void apply(Stream stream, Entry entry, long position) {
    stream.apply(entry, position, 1, 1);
  }

  static Entry appended(long seq) {
    return new Entry.Appended(ID, seq, ONE);
  }

  /** The last event, and with it the outcome. */
  static Entry sealed(long seq, EncodedEvents events) {
    return new Entry.Sealed(ID, seq, events, Outcome.COMPLETED, "", false, 1);
  }

  /** A reader that only has a place. */
  static Subscriber subscriber(Executor executor, Runnable woken) {
    return new Subscriber() {
      @Override
      public Executor executor() {
        return executor;
      }

      @Override
      public void wake() {
        woken.run();
      }

      @Override
      public void notice(String code, String message) {
        throw new AssertionError(code);
      }
    };
  }

  /** Reads all that there is now. */
  static void readAll(Cursor cursor) {
    Block block = cursor.next();
    while (block != null) {
      block = cursor.next();
    }
  }
}
