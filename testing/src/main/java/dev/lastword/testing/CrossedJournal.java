package dev.lastword.testing;

import dev.lastword.journal.ForwardingJournal;
import dev.lastword.journal.Journal;

/** A journal that lets others run where the engine may be overtaken: at the tail and at a trim. */
final class CrossedJournal extends ForwardingJournal {
  private final Runnable others;

  CrossedJournal(Journal inner, Runnable others) {
    super(inner);
    this.others = others;
  }

  @Override
  public long tail() {
    others.run();
    long tail = inner.tail();
    others.run();
    return tail;
  }

  @Override
  public int trim(long below) {
    others.run();
    int segments = inner.trim(below);
    others.run();
    return segments;
  }
}
