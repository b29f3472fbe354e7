package dev.lastword.journal;

import static dev.lastword.testing.Interleavings.require;

import dev.lastword.testing.FaultyDisk;
import dev.lastword.testing.Interleavings;
import dev.lastword.testing.Interleavings.Tasks;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Appends come while the writer ends its batch. */
final class WakeUpInterleavingTest {
  private static final Entry ENTRY =
      new Entry.Opened(new StreamId("model-stream-0001"), Map.of(), 1);
  private static final FencingToken STALE = new FencingToken(0);

  /** The writer's tasks; each run has a queue of its own. */
  private Tasks writer = new Tasks();

  private final FileJournal journal =
      FileJournal.open(
          new FileJournal.Parts(
              new FaultyDisk(),
              task -> writer.add(task),
              task -> {},
              () -> 0,
              () -> 1,
              new Random(1)),
          new FileJournal.Options(64 << 10, 4 << 10));

  @Test
  void givenAnAppendThatComesAsTheBatchEnds_whenAllHasRun_thenItIsToldWhatCameOfIt() {
    Interleavings.explore(Scene::new);
  }

  private final class Scene implements Interleavings.Scene {
    final AtomicInteger told = new AtomicInteger();

    /** One append waits for the writer already. */
    Scene() {
      writer = new Tasks();
      append();
    }

    /** A late writer's: it goes through the queue, and leaves the disk alone. */
    void append() {
      journal.append(
          ENTRY,
          STALE,
          new Journal.Ack() {
            @Override
            public void durable(long position, long epoch, long timeMs) {
              throw new AssertionError("an overtaken writer appends");
            }

            @Override
            public void refused(Journal.Refusal refusal) {
              told.incrementAndGet();
            }
          });
    }

    @Override
    public void one() {
      append();
    }

    @Override
    public void other() {
      writer.runNext();
    }

    @Override
    public void check() {
      writer.runAll();
      require(told.get() == 2, told.get() + " of 2 appends were told what came of them");
    }
  }
}
