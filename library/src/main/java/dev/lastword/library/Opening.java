package dev.lastword.library;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.Composer;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamView;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An answer on its way to the disk, and then what the engine tells it. On the stream's home. */
final class Opening implements Composer, OpenListener {
  private final CompletableFuture<Answer> opened;
  private final Consumer<Answer> done;
  private @Nullable Draft draft;
  private @Nullable Answer answer;

  /**
   * @param opened completed with the answer, once it is on the disk
   * @param done told when the answer needs nothing more of this process
   */
  Opening(CompletableFuture<Answer> opened, Consumer<Answer> done) {
    this.opened = opened;
    this.done = done;
  }

  /** What is being opened. */
  void of(Draft composed, Answer written) {
    draft = composed;
    answer = written;
  }

  @Override
  public void opened(Stream stream) {
    var written = answer;
    if (written != null && !opened.complete(written)) {
      written.close(); // whoever opened it has gone
    }
  }

  @Override
  public void refused(OpenRefusal why) {
    opened.completeExceptionally(new NotOpenedException(why));
    if (answer != null) {
      done.accept(answer);
    }
  }

  @Override
  public void pause() {
    if (draft != null) {
      draft.paused(true);
    }
  }

  @Override
  public void resume() {
    if (draft != null) {
      draft.paused(false);
    }
  }

  @Override
  public void over(Outcome outcome, String reason) {
    if (draft != null) {
      draft.over(outcome, reason);
    }
  }

  @Override
  public void ended(StreamView stream) {
    if (answer != null) {
      answer.ended(stream);
      done.accept(answer);
    }
  }

  @Override
  public void lost() {
    if (answer != null) {
      answer.undecided("the disk takes nothing any more: a restart decides the answer");
      done.accept(answer);
    }
  }
}
