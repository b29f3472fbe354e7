package dev.lastword.testing;

import dev.lastword.journal.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What anyone has ever seen of one stream. It outlives processes and power cuts: what was once said
 * stays said.
 */
final class SeenStream {
  private final List<byte[]> wires = new ArrayList<>();
  private final List<Long> epochs = new ArrayList<>();
  private @Nullable Outcome outcome;
  private String reason = "";
  private long total = -1;
  private @Nullable String receipt;
  boolean endingSeen;
  boolean cancelLost;

  /** A process has found the whole answer on its disk, and no outcome. */
  boolean wasWhole;

  /** Number of the last event that anyone saw. */
  long length() {
    return wires.size();
  }

  byte[] wire(long seq) {
    return wires.get((int) seq - 1);
  }

  long epoch(long seq) {
    return epochs.get((int) seq - 1);
  }

  void add(byte[] wire, long epoch) {
    wires.add(wire);
    epochs.add(epoch);
  }

  /** How it ended, null while nobody was told. */
  @Nullable Outcome outcome() {
    return outcome;
  }

  String reason() {
    return reason;
  }

  /** How many events it has for ever, -1 while nobody was told. */
  long total() {
    return total;
  }

  void ended(Outcome as, String why, long events) {
    outcome = as;
    reason = why;
    total = events;
  }

  /** What was signed of it, null while nobody was told. */
  @Nullable String receipt() {
    return receipt;
  }

  void signed(String as) {
    receipt = as;
  }

  List<byte[]> wires() {
    return wires;
  }
}
