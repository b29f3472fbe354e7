package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Watches events that say in their JSON what they are. Parses only those in which a word stands
 * that may matter.
 */
final class JsonDetector implements EndingDetector {
  private static final byte[] DONE = ChunkScan.ascii("[DONE]");

  private final Rules rules;
  private final Function<Piece.Members, Sign> judge;
  private boolean ended;

  /**
   * How a dialect's events are told apart.
   *
   * @param types event types that say something whatever the data is
   * @param doneEnds data that begins with {@code [DONE]} is the terminal event
   * @param words an event in which none of them stands says nothing
   * @param opening what the judge looks into
   */
  record Rules(List<TypeSign> types, boolean doneEnds, WordScan words, Piece.Opening opening) {
    static Rules of(
        Map<String, Sign> types, boolean doneEnds, List<String> words, Piece.Opening opening) {
      var signs =
          types.entrySet().stream()
              .map(type -> new TypeSign(ChunkScan.ascii(type.getKey()), type.getValue()))
              .toList();
      return new Rules(signs, doneEnds, new WordScan(words), opening);
    }

    /** A detector for one response. */
    JsonDetector detector(Function<Piece.Members, Sign> judge) {
      return new JsonDetector(this, judge);
    }
  }

  /** What an event type says. */
  @SuppressWarnings("ArrayRecordComponent") // compared by hand, never as a whole
  record TypeSign(byte[] type, Sign sign) {}

  private JsonDetector(Rules rules, Function<Piece.Members, Sign> judge) {
    this.rules = rules;
    this.judge = judge;
  }

  @Override
  public Sign observe(SseEvent event) {
    var sign = sign(event);
    if (sign == Sign.ENDING && ended) {
      return Sign.CONTENT;
    }
    ended |= sign != Sign.CONTENT;
    return sign;
  }

  private Sign sign(SseEvent event) {
    for (var type : rules.types()) {
      if (Arrays.equals(event.typeBytes(), type.type())) {
        return type.sign();
      }
    }
    var data = event.dataBytes();
    if (rules.doneEnds() && ChunkScan.startsWith(data, ChunkScan.skipSpace(data, 0), DONE)) {
      return Sign.TERMINAL;
    }
    return rules.words().finds(data)
        ? Piece.read(event.data(), rules.opening()).map(judge).orElse(Sign.CONTENT)
        : Sign.CONTENT;
  }

  @Override
  public boolean endOfBodyCompletes() {
    return false;
  }
}
