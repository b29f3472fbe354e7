package dev.lastword.stream;

/** Why a stream was not opened. */
public sealed interface OpenRefusal {
  /** There is no room on the disk. */
  record DiskFull() implements OpenRefusal {}

  /** The journal has no segment to write it to, though there is room; it is tried again. */
  record JournalBlocked() implements OpenRefusal {}

  /** The journal takes nothing until a restart. */
  record JournalClosed(String reason) implements OpenRefusal {}

  /** The archive does not say whether there is a stream of the id that was chosen. */
  record ArchiveFailed() implements OpenRefusal {}

  /** The process is going away. */
  record Draining() implements OpenRefusal {}

  /** As many generations as are allowed are running. */
  record Overloaded(int generationsMax) implements OpenRefusal {}

  /** Answers take nearly all of the memory that is theirs. */
  record MemoryFull(long bytesMax) implements OpenRefusal {}

  /** Another stream has this id. */
  record IdTaken() implements OpenRefusal {}

  /** The attributes are larger than an entry may be. */
  record TooLarge(int bytesMax) implements OpenRefusal {}
}
