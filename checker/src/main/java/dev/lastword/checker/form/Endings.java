package dev.lastword.checker.form;

import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.Sign;
import dev.lastword.sse.SseEvent;
import java.util.Optional;

/**
 * The events by which a response says its end, as the calm run has shown them where no dialect
 * knows them.
 *
 * @param first the first that sounds final, if another one comes behind it
 * @param last the last of all
 * @param usual whether they are named as ends commonly are, so that nobody needs to be asked
 * @param errors whether an event that is named as a failure is the response's failure
 */
public record Endings(
    Optional<EventMark> first, Optional<EventMark> last, boolean usual, boolean errors) {
  /** Nothing beyond what the dialect knows. */
  public static final Endings OF_DIALECT =
      new Endings(Optional.empty(), Optional.empty(), true, false);

  /** Whether anything was learnt. */
  public boolean learnt() {
    return last.isPresent();
  }

  /** Whether an event, by itself, is one of them. */
  public boolean include(SseEvent event) {
    return first.filter(each -> each.fits(event)).isPresent()
        || last.filter(each -> each.fits(event)).isPresent();
  }

  /** Whether an event, by itself, is named as ends commonly are. */
  public static boolean soundsFinal(SseEvent event) {
    return !EventMarks.saying(event).isEmpty();
  }

  /** A dialect's detector that knows these too. */
  EndingDetector over(EndingDetector dialect) {
    return learnt() || errors ? new Detector(dialect) : dialect;
  }

  private final class Detector implements EndingDetector {
    private final EndingDetector dialect;
    private int firsts;
    private int lasts;
    private boolean over;

    Detector(EndingDetector dialect) {
      this.dialect = dialect;
    }

    @Override
    public Sign observe(SseEvent event) {
      var known = dialect.observe(event);
      if (over) {
        return known == Sign.ERROR ? Sign.ERROR : Sign.TAIL;
      }
      return settled(saysNothing(known) || isPlainEnding(known) ? learnt(event, known) : known);
    }

    private static boolean saysNothing(Sign known) {
      return known == Sign.CONTENT || known == Sign.TAIL;
    }

    /** What the plain dialect takes for the end counts where nothing else was learnt. */
    private boolean isPlainEnding(Sign known) {
      return known == Sign.ENDING && last.isPresent();
    }

    private Sign settled(Sign sign) {
      over = sign == Sign.TERMINAL || sign == Sign.ERROR;
      return sign;
    }

    private Sign learnt(SseEvent event, Sign known) {
      if (last.filter(each -> each.fits(event)).isPresent() && ++lasts == last.get().nth()) {
        return Sign.TERMINAL;
      }
      if (first.filter(each -> each.fits(event)).isPresent() && ++firsts == first.get().nth()) {
        return Sign.ENDING;
      }
      return errors && EndSearch.isFailure(event) ? Sign.ERROR : known;
    }

    @Override
    public boolean endOfBodyCompletes() {
      return last.isEmpty() && dialect.endOfBodyCompletes();
    }
  }
}
