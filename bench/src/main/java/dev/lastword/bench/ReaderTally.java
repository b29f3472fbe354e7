package dev.lastword.bench;

import org.HdrHistogram.Histogram;

/// What the readers of one event loop have seen. Confined to that loop until it is taken.
final class ReaderTally {
  /// Nanoseconds from an event's stamp to the read that delivered it, of the timed readers' events.
  final Histogram latency = new Histogram(120_000_000_000L, 3);

  /// Nanoseconds from the ending event's stamp to the read that delivered the terminal event, of
  /// the timed readers.
  final Histogram ending = new Histogram(120_000_000_000L, 3);

  /// Events of all readers in the window.
  long events;

  long bytes;
  long reads;

  /// Sequence numbers that were passed over.
  long lost;

  /// Events whose number was not above the last one's: repeated, or out of order.
  long backward;

  /// Events of another reader's stream.
  long crossed;

  /// Lines that the source did not send, blank lines that are missing.
  long malformed;

  /// Responses that came to their end: ending event, terminal event, end of the body.
  long complete;

  /// Responses whose body or connection ended before that.
  long truncated;

  /// Answers other than 200, and connections that could not be opened.
  long refused;

  /// The first thing that went wrong, or `""`.
  String complaint = "";

  void complain(String what) {
    if (complaint.isEmpty()) {
      complaint = what;
    }
  }

  void add(ReaderTally other) {
    latency.add(other.latency);
    ending.add(other.ending);
    events += other.events;
    bytes += other.bytes;
    reads += other.reads;
    lost += other.lost;
    backward += other.backward;
    crossed += other.crossed;
    malformed += other.malformed;
    complete += other.complete;
    truncated += other.truncated;
    refused += other.refused;
    complain(other.complaint);
  }

  Line describe(String word) {
    return Line.of(word)
        .with("events", events)
        .with("bytes", bytes)
        .with("reads", reads)
        .with("p50_us", latency.getValueAtPercentile(50) / 1000)
        .with("p90_us", latency.getValueAtPercentile(90) / 1000)
        .with("p99_us", latency.getValueAtPercentile(99) / 1000)
        .with("max_us", latency.getMaxValue() / 1000)
        .with("endings", ending.getTotalCount())
        .with("ending_p50_us", ending.getValueAtPercentile(50) / 1000)
        .with("ending_p99_us", ending.getValueAtPercentile(99) / 1000)
        .with("lost", lost)
        .with("backward", backward)
        .with("crossed", crossed)
        .with("malformed", malformed)
        .with("complete", complete)
        .with("truncated", truncated)
        .with("refused", refused)
        .with("complaint", complaint);
  }
}
