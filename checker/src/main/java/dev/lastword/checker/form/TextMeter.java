package dev.lastword.checker.form;

import dev.lastword.checker.probe.Arrival;

/** Tells of the events of one response, in order, which of them bring text. */
@FunctionalInterface
public interface TextMeter {
  /** Whether this event does. */
  boolean feeds(Arrival arrival);
}
