package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Watches events that say in their JSON what they are. Parses only those in which a word stands
 * that may matter; after an ending each of them, since what goes on with the answer may hold any.
 */
final class JsonDetector implements EndingDetector {
  private static final byte[] DONE = ChunkScan.ascii("[DONE]");

  private final Rules rules;
  private final Judge judge;
  private boolean ended;

  /**
   * Tells what an event says. One for each response, if it has to remember anything.
   *
   * <p>The kind of an event is its member {@code type}, or the event type where that is no text.
   */
  interface Judge {
    /** What an event says of the end by itself: never {@link Sign#TAIL}. */
    Sign sign(String kind, Piece.Members event);

    /** Asked after an ending: whether the event goes on with the answer. */
    boolean adds(String kind, Piece.Members event);
  }

  /**
   * How a dialect's events are told apart.
   *
   * @param types event types that say something whatever the data is
   * @param doneEnds data that begins with {@code [DONE]} is the terminal event
   * @param names event types that say something if the data is JSON
   * @param words an event in which none of them stands says nothing
   * @param opening what the judge looks into
   */
  record Rules(
      List<TypeSign> types,
      boolean doneEnds,
      List<byte[]> names,
      WordScan words,
      Piece.Opening opening) {
    static Rules of(
        Map<String, Sign> types, boolean doneEnds, List<String> words, Piece.Opening opening) {
      var signs =
          types.entrySet().stream()
              .map(type -> new TypeSign(ChunkScan.ascii(type.getKey()), type.getValue()))
              .toList();
      var names =
          words.stream().filter(word -> !types.containsKey(word)).map(ChunkScan::ascii).toList();
      return new Rules(signs, doneEnds, names, new WordScan(words), opening);
    }

    /** A detector for one response. */
    JsonDetector detector(Judge judge) {
      return new JsonDetector(this, judge);
    }

    private boolean mayMatter(SseEvent event) {
      var type = event.typeBytes();
      if (type.length > 0) {
        for (var name : names) {
          if (Arrays.equals(type, name)) {
            return true;
          }
        }
      }
      return words.finds(event.dataBytes());
    }
  }

  /** What an event type says. */
  @SuppressWarnings("ArrayRecordComponent") // compared by hand, never as a whole
  record TypeSign(byte[] type, Sign sign) {}

  private JsonDetector(Rules rules, Judge judge) {
    this.rules = rules;
    this.judge = judge;
  }

  @Override
  public Sign observe(SseEvent event) {
    var sign = sign(event);
    if (sign != Sign.TAIL && sign != Sign.ERROR) {
      ended = sign != Sign.CONTENT;
    }
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
    if (!ended) {
      return rules.mayMatter(event)
          ? read(event)
              .map(members -> judge.sign(kind(event, members), members))
              .orElse(Sign.CONTENT)
          : Sign.CONTENT;
    }
    return read(event).map(members -> afterEnding(kind(event, members), members)).orElse(Sign.TAIL);
  }

  private Sign afterEnding(String kind, Piece.Members members) {
    boolean adds = judge.adds(kind, members);
    var sign = judge.sign(kind, members);
    return adds || sign == Sign.ERROR || sign == Sign.TERMINAL ? sign : Sign.TAIL;
  }

  private Optional<Piece.Members> read(SseEvent event) {
    return Piece.read(event.data(), rules.opening());
  }

  private static String kind(SseEvent event, Piece.Members members) {
    var type = members.text("type");
    return type.isEmpty() ? event.type() : type;
  }

  @Override
  public boolean endOfBodyCompletes() {
    return false;
  }
}
