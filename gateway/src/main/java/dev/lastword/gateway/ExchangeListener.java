package dev.lastword.gateway;

/** Told about the peer of an exchange, on its loop. */
interface ExchangeListener {
  /** There is room for more of the response. */
  default void writable() {}

  /**
   * The peer has gone: nothing more can be said. Told at most once, and never after the response
   * has ended.
   */
  default void gone() {}

  /** About a second has passed. */
  default void tick(long nowNanos) {}
}
