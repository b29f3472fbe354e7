package dev.lastword.stream;

import static dev.lastword.testing.Interleavings.require;

import dev.lastword.testing.Interleavings;
import dev.lastword.testing.Interleavings.Tasks;
import org.junit.jupiter.api.Test;

/** A stream grows and wakes its readers while they are being woken. */
final class SubscribersInterleavingTest {
  @Test
  void givenAnEventThatComesWhileReadersAreWoken_whenAllHasRun_thenTheyHaveReadIt() {
    Interleavings.explore(Scene::new);
  }

  private static final class Scene implements Interleavings.Scene {
    final Tasks loop = new Tasks();
    final Stream stream = Models.opened();
    final Cursor cursor;

    /** A reader that is being woken for the first event. */
    Scene() {
      cursor = stream.subscribe(Models.subscriber(loop::add, this::read), 0);
      publish(1);
    }

    void read() {
      Models.readAll(cursor);
    }

    void publish(long seq) {
      Models.apply(stream, Models.appended(seq), 1 + seq);
      stream.subscribers().wake(null);
    }

    @Override
    public void one() {
      publish(2);
    }

    @Override
    public void other() {
      loop.runNext();
    }

    @Override
    public void check() {
      loop.runAll();
      require(cursor.seq() == 2, "the reader was not woken behind event " + cursor.seq());
    }
  }
}
