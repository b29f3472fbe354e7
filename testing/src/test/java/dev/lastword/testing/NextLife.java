package dev.lastword.testing;

import dev.lastword.dialect.RequestFacts;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Answer;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Place;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamRequest;
import java.util.Map;

/** Another answer under an id whose first is deleted; of it the world's promises know nothing. */
final class NextLife {
  private final World world;
  private final ScriptedUpstream upstream;

  private NextLife(World world, ScriptedUpstream upstream) {
    this.world = world;
    this.upstream = upstream;
  }

  /** Opens it. */
  static NextLife of(World world, String name) {
    var dialect = Answers.chat();
    var upstream = new ScriptedUpstream(World.id(name), dialect, 1, world.clock());
    var home = world.up().homes().getFirst();
    upstream.opening(home);
    var request =
        new StreamRequest(Owner.ANONYMOUS, dialect, Framing.EVENTS, RequestFacts.NONE, Map.of());
    world
        .streams()
        .admit(
            upstream.id(),
            admission -> {
              if (!(admission instanceof Admission.Admitted(Place place))) {
                throw new AssertionError("not admitted: " + admission);
              }
              home.execute(
                  () ->
                      upstream.running(
                          world.streams().open(place, request, home, upstream, told(upstream))));
            });
    world.runUntilQuiet();
    return new NextLife(world, upstream);
  }

  private static OpenListener told(ScriptedUpstream upstream) {
    return new OpenListener() {
      @Override
      public void opened(Stream stream) {
        upstream.announced(stream);
      }

      @Override
      public void refused(OpenRefusal why) {
        throw new AssertionError("not opened: " + why);
      }
    };
  }

  /** Its upstream sends pieces of text, and then all that ends an answer. */
  void answers(String... pieces) {
    for (var piece : pieces) {
      Answers.text(upstream, 0, piece);
    }
    Answers.finish(upstream);
    Answers.done(upstream);
    upstream.scriptClose(ScriptedUpstream.Close.CLEAN);
    world.onHome(
        upstream,
        () -> {
          upstream.say(Integer.MAX_VALUE);
          upstream.end();
        });
    world.runUntilQuiet();
  }

  /** It is cancelled. */
  void cancel() {
    world
        .streams()
        .cancel(
            Owner.ALL,
            upstream.id(),
            new Answer<>() {
              @Override
              public void succeeded(CancelResult result) {}

              @Override
              public void failed(RuntimeException cause) {
                throw cause;
              }
            });
    world.runUntilQuiet();
  }
}
