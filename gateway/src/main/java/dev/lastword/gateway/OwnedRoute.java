package dev.lastword.gateway;

/** Answers exchanges in somebody's name. */
@FunctionalInterface
interface OwnedRoute {
  /** Answers, now or later; on the exchange's loop. */
  void handle(Exchange exchange, Asker asker);
}
