package dev.lastword.gateway;

/** What the credentials of a request say. */
sealed interface Identity {
  /** Whose they are. */
  record Known(Asker asker) implements Identity {}

  /** Nothing: there are none. */
  record Nobody() implements Identity {}

  /** They are no good. */
  record Refused(Problem why) implements Identity {}
}
