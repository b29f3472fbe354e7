package dev.lastword.stream;

/** Something that the journal must still be able to tell after a restart. */
interface Pin {
  /** The place in the journal before which it needs nothing. */
  long neededFrom();
}
