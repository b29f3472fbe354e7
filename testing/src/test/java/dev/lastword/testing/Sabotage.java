package dev.lastword.testing;

import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.ForwardingJournal;
import dev.lastword.journal.Journal;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.SavedResponse;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Wrong orders of the seal, made from outside of the engine: a world has to notice each. */
final class Sabotage {
  private Sabotage() {}

  /** Every entry counts as durable before it is. */
  static Journal acknowledgingBeforeDurable(Journal journal) {
    return new Hasty(journal, entry -> true);
  }

  /** The ending and the outcome count as durable before they are, with all that came before. */
  static Journal acknowledgingEndingsBeforeDurable(Journal journal) {
    return new Hasty(
        journal, entry -> entry instanceof Entry.Ending || entry instanceof Entry.Sealed);
  }

  /** The engine believes that a response is saved while the store is still at it. */
  static SaveHook acknowledgingBeforeSaved(SaveHook hook) {
    return new SaveHook() {
      @Override
      @SuppressWarnings("UnusedVariable") // that nobody heeds it is the sabotage
      public CompletionStage<Void> save(SavedResponse response) {
        var unheeded = hook.save(response);
        return CompletableFuture.completedFuture(null);
      }
    };
  }

  /** A journal that acknowledges some entries, and all before them, when they are handed over. */
  private static final class Hasty extends ForwardingJournal {
    private final Predicate<Entry> hasty;
    private final ArrayDeque<Once> waiting = new ArrayDeque<>();

    Hasty(Journal inner, Predicate<Entry> hasty) {
      super(inner);
      this.hasty = hasty;
    }

    @Override
    public void append(Entry entry, FencingToken fence, Ack ack) {
      var once = new Once(ack);
      waiting.add(once);
      inner.append(entry, fence, once);
      if (hasty.test(entry)) {
        waiting.forEach(each -> each.durable(inner.tail(), inner.epoch(), inner.timeMs()));
        waiting.clear();
      }
    }

    /** The first thing that is said counts. */
    private static final class Once implements Ack {
      private final Ack ack;
      private boolean told;

      Once(Ack ack) {
        this.ack = ack;
      }

      @Override
      public void durable(long position, long epoch, long timeMs) {
        if (!told) {
          told = true;
          ack.durable(position, epoch, timeMs);
        }
      }

      @Override
      public void refused(Refusal refusal) {
        if (!told) {
          told = true;
          ack.refused(refusal);
        }
      }
    }
  }
}
