package dev.lastword.stream;

import dev.lastword.journal.Entry;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.EventDigest;
import org.jspecify.annotations.Nullable;

/**
 * The running digests of one stream's events: of those that readers may see, and of those together
 * with what is withheld behind them. On the stream's home.
 */
final class Digests {
  private EventDigest visible;

  /** Null while nothing is withheld. */
  private @Nullable EventDigest whole;

  Digests() {
    this(new EventDigest(), null);
  }

  private Digests(EventDigest visible, @Nullable EventDigest whole) {
    this.visible = visible;
    this.whole = whole;
  }

  /** Takes events that readers may see. */
  void extend(EncodedEvents events) {
    visible.add(events);
  }

  /** Takes events that nobody may see yet. */
  void withhold(EncodedEvents events) {
    if (whole == null) {
      whole = visible.copy();
    }
    whole.add(events);
  }

  /** What was withheld may be seen from now on. */
  void reveal() {
    if (whole != null) {
      visible = whole;
      whole = null;
    }
  }

  /** The digest of the events that readers may see now. */
  EventDigest visible() {
    return visible.copy();
  }

  /** The digest of all events, withheld ones and those of entries on their way included. */
  EventDigest whole(Iterable<Entry> onTheirWay) {
    var all = (whole == null ? visible : whole).copy();
    for (var entry : onTheirWay) {
      all.add(events(entry));
    }
    return all;
  }

  /** The events of an answer that an entry brings. */
  static EncodedEvents events(Entry entry) {
    return switch (entry) {
      case Entry.Appended e -> e.events();
      case Entry.Withheld e -> e.events();
      case Entry.Ending e -> e.withheld();
      case Entry.Sealed e -> e.events();
      case Entry.Opened e -> EncodedEvents.NONE;
      case Entry.Shown e -> EncodedEvents.NONE;
      case Entry.Saved e -> EncodedEvents.NONE;
      case Entry.Rejected e -> EncodedEvents.NONE;
      case Entry.Late e -> EncodedEvents.NONE;
      case Entry.Deleted e -> EncodedEvents.NONE;
    };
  }
}
