package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Reading;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** A compressed response: when its text could be read, which is later than its bytes came. */
final class Compressed {
  /** Below this nothing can be told from a spread. */
  private static final long SPREAD_NANOS_MIN = 50_000_000L;

  private static final double HELD = 0.2;

  /** Of a header without a name or a comment, as servers write it. */
  private static final int GZIP_HEADER_BYTES = 10;

  private Compressed() {}

  /** Whether its text comes in one go where the calm run's was spread over time. */
  static boolean holdsUp(Reading compressed, Reading calm) {
    long spread = calm.arrivals().getLast().atNanos() - calm.arrivals().getFirst().atNanos();
    return spread >= SPREAD_NANOS_MIN && spread(compressed) < HELD * spread;
  }

  /** From the first to the last byte of text, by gzip's own blocks; of another coding by bytes. */
  private static long spread(Reading reading) {
    long first = -1;
    long last = 0;
    int at = 0;
    var inflater = new Inflater(true);
    try {
      var text = new byte[64 * 1024];
      for (var piece : reading.pieces()) {
        int from = Math.max(at, GZIP_HEADER_BYTES);
        at += piece.bytes();
        int until = Math.min(at, reading.bytes().length);
        if (until <= from) {
          continue;
        }
        inflater.setInput(reading.bytes(), from, until - from);
        int n = inflater.inflate(text);
        if (n > 0) {
          first = first < 0 ? piece.atNanos() : first;
          last = piece.atNanos();
        }
        while (n > 0) {
          n = inflater.inflate(text);
        }
      }
      return first < 0 ? 0 : last - first;
    } catch (DataFormatException e) {
      return reading.pieces().isEmpty()
          ? 0
          : reading.pieces().getLast().atNanos() - reading.pieces().getFirst().atNanos();
    } finally {
      inflater.end();
    }
  }
}
