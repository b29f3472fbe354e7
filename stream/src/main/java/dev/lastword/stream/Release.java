package dev.lastword.stream;

import dev.lastword.journal.StreamId;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What has to acknowledge a complete response before its ending is said. */
public sealed interface Release {
  /** The journal is the save: COMPLETE, SAVED and RELEASED are one entry. */
  record JournalOnly() implements Release {}

  /** Every one of these hooks. */
  record Hooks(List<SaveHook> hooks) implements Release {
    /** A copy is kept. */
    public Hooks {
      hooks = List.copyOf(hooks);
    }
  }

  /**
   * An application's own transaction, in which the response and the fact that it is saved commit
   * together.
   */
  record InTransaction(Transaction transaction) implements Release {}

  /**
   * A transaction that saves one response, at most once by the stream's id. Neither method blocks;
   * both are called on the stream's home.
   */
  interface Transaction {
    /** Whether the response of this stream was committed before, by whichever process. */
    CompletionStage<Boolean> isCommitted(StreamId stream);

    /** Commits the response, as {@link SaveHook#save} saves it. */
    CompletionStage<Void> commit(SavedResponse response);
  }

  /** The hooks that this comes to; none for the journal alone. */
  default List<SaveHook> asHooks() {
    return switch (this) {
      case JournalOnly alone -> List.of();
      case Hooks some -> some.hooks();
      case InTransaction in -> List.of(response -> commitOnce(in.transaction(), response));
    };
  }

  /** An acknowledgement that a crash has swallowed is asked for, not committed again. */
  private static CompletionStage<Void> commitOnce(Transaction transaction, SavedResponse response) {
    return transaction
        .isCommitted(response.stream())
        .thenCompose(
            committed ->
                committed
                    ? CompletableFuture.<Void>completedFuture(null)
                    : transaction.commit(response));
  }
}
