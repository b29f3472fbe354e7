package dev.lastword.testing;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Answer;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Place;
import dev.lastword.stream.Stream;
import dev.lastword.testing.ScriptedUpstream.Deletion;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * I12: under one key one upstream is asked, however often and whenever somebody asks with it. Here
 * a key is the id that a client has chosen for its stream. Who asks again looks for the stream
 * first and for its place then, as the gateway does.
 */
final class Keys {
  /** Which request a key was used with, among the attributes of what it has come to. */
  private static final String REQUEST = "request";

  private final World world;
  private final Map<StreamId, Key> keys = new LinkedHashMap<>();

  /** Draws who asks again, and when; without one nobody does. */
  private @Nullable SplittableRandom random;

  private int asking;

  /** How far a request with a key has come. */
  private enum Key {
    /** Nothing has come of it. */
    FREE,
    /** Somebody has its place, and nobody else may. */
    HELD,
    /** It is written down, and its upstream is asked. */
    ASKED
  }

  Keys(World world) {
    this.world = world;
  }

  /** From now on some who have asked ask again. */
  void draw(SplittableRandom from) {
    random = from;
  }

  /** What a request is written down with. */
  Map<String, String> request(StreamId key) {
    return random == null ? Map.of() : Map.of(REQUEST, key.value());
  }

  // What becomes of the first request of a key.

  /** It has its place. */
  void held(ScriptedUpstream upstream) {
    isNobodys(upstream);
    keys.put(upstream.id(), Key.HELD);
  }

  /** It is written down. */
  void asked(ScriptedUpstream upstream) {
    keys.computeIfPresent(upstream.id(), (id, key) -> Key.ASKED);
  }

  /** Nothing comes of it. */
  void free(ScriptedUpstream upstream) {
    keys.computeIfPresent(upstream.id(), (id, key) -> Key.FREE);
  }

  /** The process has died, and what was not written down is forgotten. */
  void died() {
    asking = 0;
    keys.replaceAll((id, key) -> key == Key.HELD ? Key.FREE : key);
  }

  // Who asks again.

  /** Somebody may ask again now. */
  void step() {
    if (random != null && world.server() != null && random.nextInt(8) == 0) {
      var known = known();
      if (!known.isEmpty()) {
        again(known.get(random.nextInt(known.size())));
      }
    }
  }

  /** Everybody asks again. */
  void all() {
    if (random != null) {
      known().forEach(this::again);
    }
  }

  private List<ScriptedUpstream> known() {
    return keys.keySet().stream().map(world::upstream).toList();
  }

  /** Somebody asks once more with the key of an earlier request. */
  void again(ScriptedUpstream upstream) {
    asking++;
    world.trace().add("asked again", upstream.id());
    find(
        upstream,
        found ->
            found.ifPresentOrElse(stream -> attached(upstream, stream), () -> admit(upstream)));
  }

  private void admit(ScriptedUpstream upstream) {
    world
        .up()
        .streams()
        .admit(
            upstream.id(),
            admission -> {
              switch (admission) {
                case Admission.Admitted(Place place) -> admitted(upstream, place);
                case Admission.Refused(OpenRefusal.IdTaken taken) -> taken(upstream);
                case Admission.Refused(OpenRefusal why) -> told("ask again: refused");
              }
            });
  }

  /** An upstream would be asked now. The one who gave its place back has yet to say so. */
  private void admitted(ScriptedUpstream upstream, Place place) {
    var home = world.up().homes().get(0);
    home.execute(
        () -> {
          isNobodys(upstream);
          told("ask again: admitted");
          place.giveBack();
        });
  }

  private void isNobodys(ScriptedUpstream upstream) {
    var key = keys.getOrDefault(upstream.id(), Key.FREE);
    world
        .promises()
        .check(
            key == Key.FREE || upstream.deletion() != Deletion.NONE,
            "I12",
            "%s is %s, and another upstream is asked under its key",
            upstream.id(),
            key);
  }

  private void taken(ScriptedUpstream upstream) {
    boolean there = upstream.isThere();
    find(
        upstream,
        found -> {
          world.promises().isFound(upstream, there, found.isPresent());
          found.ifPresentOrElse(
              stream -> attached(upstream, stream), () -> told("ask again: gone"));
        });
  }

  private void attached(ScriptedUpstream upstream, Stream stream) {
    world
        .promises()
        .check(
            upstream.id().value().equals(stream.attributes().get(REQUEST)),
            "I12",
            "%s does not say which request it is the answer to: %s",
            upstream.id(),
            stream.attributes());
    told("ask again: attached");
  }

  private void find(ScriptedUpstream upstream, Consumer<Optional<Stream>> then) {
    world
        .up()
        .streams()
        .find(
            Owner.ALL,
            upstream.id(),
            new Answer<>() {
              @Override
              public void succeeded(Optional<Stream> found) {
                then.accept(found);
              }

              @Override
              public void failed(RuntimeException cause) {
                world.trace().add("find failed", upstream.id(), cause);
                told("ask again: failed");
              }
            });
  }

  private void told(String what) {
    asking--;
    world.count(what);
  }

  /** How many have asked again and were not told yet. */
  int asking() {
    return asking;
  }
}
