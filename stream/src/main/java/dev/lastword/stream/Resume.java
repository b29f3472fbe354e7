package dev.lastword.stream;

/** Where a reader that names its last event ID goes on. */
public sealed interface Resume {
  /** After this event: subscribe with it. */
  record After(long seq) implements Resume {}

  /** It has seen everything, and nothing more will come. */
  record AtEnd() implements Resume {}

  /** The id is not of this stream: a gap or a repeat would follow, so it is refused. */
  record Unknown() implements Resume {}
}
