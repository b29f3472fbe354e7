package dev.lastword.stream;

/** What became of asking for room for a stream, before anything is asked of an upstream. */
public sealed interface Admission {
  /** There is room, and it is kept until the place is used or given back. */
  record Admitted(Place place) implements Admission {}

  /** There is none. */
  record Refused(OpenRefusal why) implements Admission {}
}
