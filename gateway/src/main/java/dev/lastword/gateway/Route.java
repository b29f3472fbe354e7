package dev.lastword.gateway;

/** Answers the exchanges of one part of the surface. */
@FunctionalInterface
interface Route {
  /** Answers, now or later; on the exchange's loop. */
  void handle(Exchange exchange);
}
