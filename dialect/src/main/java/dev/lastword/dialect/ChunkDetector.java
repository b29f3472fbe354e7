package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Watches OpenAI chunks go by. A response has ended when no choice is open: those the request asked
 * for are open from the start, seen or not, any other from its first chunk on, and one that says
 * more after the ending is open again.
 */
final class ChunkDetector implements EndingDetector {
  /** Choices that are watched; OpenAI serves 128 at most. */
  static final int CHOICES_MAX = 1_024;

  private static final byte[] DONE = ChunkScan.ascii("[DONE]");
  private static final byte[] CONTENT_NAME = ChunkScan.ascii("\"content\"");
  private static final byte[] ERROR_TYPE = ChunkScan.ascii("error");

  private final BitSet known = new BitSet();
  private final BitSet open = new BitSet();
  private int knownBelow;
  private boolean ended;

  /** Of a chunk that said nothing: one that differs in its text alone says nothing either. */
  private @Nullable ChunkShape silent;

  private int misses;

  ChunkDetector(int choices) {
    knownBelow = Math.clamp(choices, 1, CHOICES_MAX);
    known.set(0, knownBelow);
    open.set(0, knownBelow);
  }

  @Override
  public Sign observe(SseEvent event) {
    if (Arrays.equals(event.typeBytes(), ERROR_TYPE)) {
      return Sign.ERROR;
    }
    var data = event.dataBytes();
    if (!ended && silent != null && silent.textEnd(data, 0, data.length) >= 0) {
      misses = 0;
      return Sign.CONTENT;
    }
    int start = ChunkScan.skipSpace(data, 0);
    if (ChunkScan.startsWith(data, start, DONE)) { // SDKs look at the beginning only
      ended = true;
      return Sign.TERMINAL;
    }
    if (!ended && !ChunkScan.maySay(data, start, knownBelow)) {
      remember(data);
      return Sign.CONTENT;
    }
    // Decoded first: clients replace bytes that are not UTF-8 before they parse.
    return ChunkSigns.read(event.data()).map(this::judge).orElse(ended ? Sign.TAIL : Sign.CONTENT);
  }

  private void remember(byte[] data) {
    if (misses < ChunkShape.MISSES_MAX) {
      misses++;
      silent = ChunkShape.of(data, CONTENT_NAME).orElse(null);
    }
  }

  private Sign judge(ChunkSigns chunk) {
    if (chunk.error()) {
      return Sign.ERROR;
    }
    boolean goesOn = false;
    for (var choice : chunk.choices()) {
      goesOn |= goesOn(choice);
    }
    boolean finished = false;
    for (var choice : chunk.choices()) {
      if (choice.finished() && choice.index() >= 0) {
        open.clear(choice.index());
        finished = true;
      }
    }
    boolean ends = finished && open.isEmpty();
    if (ended && !goesOn) {
      return Sign.TAIL;
    }
    ended = ends;
    return ends ? Sign.ENDING : Sign.CONTENT;
  }

  /**
   * Meets a choice. It goes on with the answer if it is new, or if it says more after the ending:
   * then it is open again.
   */
  private boolean goesOn(ChunkSigns.Choice choice) {
    int index = choice.index();
    boolean counts = index >= 0 && index < CHOICES_MAX;
    boolean isNew = counts && index >= knownBelow && !known.get(index);
    if (isNew) {
      known.set(index);
      open.set(index);
      knownBelow = known.nextClearBit(0);
    } else if (ended && choice.speaks() && counts) {
      open.set(index);
    }
    return isNew || choice.speaks();
  }

  @Override
  public boolean endOfBodyCompletes() {
    return false;
  }
}
