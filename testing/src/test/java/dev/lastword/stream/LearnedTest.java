package dev.lastword.stream;

import static dev.lastword.testing.Deposits.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.testing.Deposits;
import dev.lastword.testing.MemoryArchive;
import dev.lastword.testing.MemoryJournal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is made of a journal that is read again from further back than the archive needs. */
final class LearnedTest {
  private final MemoryArchive archive = new MemoryArchive(100);
  private final MemoryJournal journal =
      MemoryJournal.open(new MemoryJournal.Store(), Runnable::run);

  /**
   * Stream {@code number} rests in the archive, unsaved, opened at position {@code 10 * number}.
   */
  private void archived(int number) {
    archive.store(
        new Archive.Batch(
            List.of(Deposits.resting(number)),
            List.of(),
            List.of(),
            new Archive.Checkpoint(journal.id(), 0)));
  }

  private void saved(int number, long position) {
    while (journal.tail() < position) {
      append(new Entry.Saved(id(99), 1));
    }
    append(new Entry.Saved(id(number), 1));
  }

  private void append(Entry entry) {
    journal.append(
        entry,
        journal.fence(),
        new Journal.Ack() {
          @Override
          public void durable(long position, long epoch, long timeMs) {}

          @Override
          public void refused(Journal.Refusal why) {
            throw new AssertionError(why.toString());
          }
        });
  }

  private List<Archiver.Command> commands() {
    return Learned.of(
            journal,
            archive,
            row -> {
              throw new AssertionError("at rest: " + row);
            },
            (opened, position) -> {
              throw new AssertionError("opened: " + opened);
            })
        .commands();
  }

  @Test
  void givenASaveThatTheArchiveHasNotHeardOf_thenItIsToldWhichAnswerWasSaved() {
    archived(1);
    saved(1, 15);

    assertThat(commands())
        .singleElement()
        .isInstanceOfSatisfying(
            Archiver.Command.MarkSaved.class,
            command -> {
              assertThat(command.id()).isEqualTo(id(1));
              assertThat(command.openedAt()).isEqualTo(10);
            });
  }

  @Test
  void givenAJournalThatHasLetGo_whenTheArchiveIsOlder_thenItIsRefusedAndSaysWhatIsLeft() {
    saved(1, 15);
    journal.trim(10);
    followed(9);

    assertThatThrownBy(this::commands)
        .isInstanceOf(JournalMismatchException.class)
        .hasMessageContaining("older copy")
        .hasMessageContaining("lastword repair");
    followed(10);
    assertThat(commands()).isEmpty();
  }

  @Test
  void givenAJournalThatHasLetGo_whenTheArchiveWasToldToBeginAnew_thenItDoes() {
    saved(1, 15);
    journal.trim(10);
    followed(0);

    assertThat(commands()).isEmpty();
  }

  private void followed(long position) {
    archive.store(
        new Archive.Batch(
            List.of(), List.of(), List.of(), new Archive.Checkpoint(journal.id(), position)));
  }

  @Test
  void givenAnotherAnswerHasTheIdSinceThen_thenThatOneWasNotSaved() {
    archived(2); // opened at 20
    saved(2, 15);

    assertThat(commands()).isEmpty();
  }
}
