package dev.lastword.stream;

import dev.lastword.journal.Entry;
import dev.lastword.journal.StreamId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ids that are in the journal before there is a stream of them: whoever asks an upstream under one
 * finds it again after a crash. A claim is the stream's first entry, {@link Entry.Opened} with
 * {@link Attributes#CLAIM}; the stream's own {@code Opened} takes its place, or {@link
 * Entry.Deleted} takes it back. Where neither came a restart makes an interrupted stream of it.
 */
final class ClaimedIds {
  private static final Logger log = LoggerFactory.getLogger(ClaimedIds.class);

  private final ArchivedEntries entries;
  private final Journaled journaled;
  private final Home commands;
  private final TimeSource time;

  /** What keeps the journal from letting go of them. */
  private final ConcurrentHashMap<StreamId, Pin> pins = new ConcurrentHashMap<>();

  ClaimedIds(ArchivedEntries entries, Journaled journaled, Home commands, TimeSource time) {
    this.entries = entries;
    this.journaled = journaled;
    this.commands = commands;
    this.time = time;
  }

  /**
   * Writes a claim down.
   *
   * @param place the place that holds its id, and takes the claim back if it is given back
   * @param told why there is none, or empty once it is on disk; on any thread
   */
  void claim(
      Place place,
      Owner owner,
      Map<String, String> attributes,
      Consumer<Optional<OpenRefusal>> told) {
    var id = place.id();
    var written = Attributes.writable(attributes);
    written.put(Attributes.CLAIM, "");
    if (!owner.value().isEmpty()) {
      written.put(Attributes.OWNER, owner.value());
    }
    var opened = new Entry.Opened(id, written, time.wallClockMs());
    commands.execute(
        () ->
            entries.append(
                opened,
                (position, pin) -> {
                  pins.put(id, pin);
                  place.claimed(then -> withdraw(id, then));
                  told.accept(Optional.empty());
                },
                refusal -> told.accept(Optional.of(Streams.refusalOf(refusal)))));
  }

  /** The stream's own entry is on disk. */
  void opened(StreamId id) {
    var pin = pins.remove(id);
    if (pin != null) {
      journaled.remove(pin);
    }
  }

  /** No stream comes of it. If that cannot be written down a restart says it was interrupted. */
  private void withdraw(StreamId id, Runnable then) {
    commands.execute(
        () ->
            entries.append(
                new Entry.Deleted(id, time.wallClockMs(), false),
                (position, pin) -> {
                  journaled.remove(pin);
                  opened(id);
                  then.run();
                },
                refusal -> {
                  log.warn("claim.kept stream={} cause={}", id, refusal);
                  opened(id); // nobody misses it where the journal lets go of it after all
                  then.run();
                }));
  }
}
