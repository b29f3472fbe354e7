package dev.lastword.library;

import dev.lastword.stream.OpenRefusal;

/** There is no room for another answer, or its id is taken: nothing was written. */
public final class NotOpenedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient OpenRefusal why;

  NotOpenedException(OpenRefusal why) {
    super("the answer was not opened: " + text(why));
    this.why = why;
  }

  /** Why. */
  public OpenRefusal why() {
    return why;
  }

  private static String text(OpenRefusal why) {
    return switch (why) {
      case OpenRefusal.DiskFull full -> "the disk is full";
      case OpenRefusal.JournalBlocked blocked ->
          "the journal cannot begin its next segment; the log says why";
      case OpenRefusal.JournalClosed closed -> closed.reason();
      case OpenRefusal.ArchiveFailed failed -> "the archive cannot be read";
      case OpenRefusal.Draining draining -> "this Lastword is closed, or about to be";
      case OpenRefusal.Overloaded overloaded ->
          "%d answers are open, which is the most".formatted(overloaded.generationsMax());
      case OpenRefusal.MemoryFull full ->
          "answers take nearly all of their %d bytes of memory".formatted(full.bytesMax());
      case OpenRefusal.IdTaken taken -> "there is an answer of this id";
      case OpenRefusal.TooLarge large ->
          "its attributes take more than %d bytes".formatted(large.bytesMax());
    };
  }
}
