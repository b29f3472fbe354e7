package dev.lastword.stream;

import static dev.lastword.testing.Interleavings.require;

import dev.lastword.journal.Journal;
import dev.lastword.testing.Interleavings;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The journal's writer delivers while the home empties the mailbox. */
final class MailboxInterleavingTest {
  private static final Journal.Refusal FULL = new Journal.Refusal.Full(true);
  private final Stream stream = Models.opened();

  @Test
  void givenAnAcknowledgementThatComesWhileTheMailboxIsEmptied_whenAllHasRun_thenItIsSettled() {
    Interleavings.explore(Scene::new);
  }

  private final class Scene implements Interleavings.Scene {
    final ModelHome home = new ModelHome();
    final Mailbox mailbox = new Mailbox(home);
    final AtomicInteger settled = new AtomicInteger();

    /** One acknowledgement is there already. */
    Scene() {
      deliver();
    }

    /** One that is refused: it touches nothing but the mailbox, and needs no streams. */
    @SuppressWarnings("NullAway")
    void deliver() {
      var then = Step.Then.of(() -> {}, refusal -> settled.incrementAndGet());
      new Step(stream, Models.OPENED, mailbox, null, then).refused(FULL);
    }

    @Override
    public void one() {
      deliver();
    }

    @Override
    public void other() {
      home.tasks.runNext();
    }

    @Override
    public void check() {
      home.tasks.runAll();
      require(settled.get() == 2, "settled " + settled.get() + " of 2 acknowledgements");
    }
  }
}
