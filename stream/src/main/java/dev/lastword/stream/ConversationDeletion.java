package dev.lastword.stream;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Deletes a conversation page by page, until a page brings nothing that can be deleted. */
final class ConversationDeletion implements Answer<List<StreamView>> {
  private static final int PAGE = 1_000;

  private final Streams streams;
  private final Owner owner;
  private final String key;
  private final Answer<Integer> result;
  private final AtomicInteger deleted = new AtomicInteger();

  ConversationDeletion(Streams streams, Owner owner, String key, Answer<Integer> result) {
    this.streams = streams;
    this.owner = owner;
    this.key = key;
    this.result = result;
  }

  void start() {
    streams.list(owner, new StreamQuery(null, null, key, null, null, PAGE), this);
  }

  @Override
  public void succeeded(List<StreamView> page) {
    if (page.isEmpty()) {
      result.succeeded(deleted.get());
      return;
    }
    var round = new Round(page.size());
    page.forEach(view -> streams.delete(owner, view.id(), round));
  }

  @Override
  public void failed(RuntimeException cause) {
    result.failed(cause);
  }

  /** One page on its way out. */
  private final class Round implements Answer<DeleteResult> {
    private final AtomicInteger left;
    private final AtomicInteger gone = new AtomicInteger();
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    Round(int left) {
      this.left = new AtomicInteger(left);
    }

    @Override
    public void succeeded(DeleteResult what) {
      if (what == DeleteResult.DELETED) {
        gone.incrementAndGet();
      }
      settled();
    }

    @Override
    public void failed(RuntimeException cause) {
      failure.compareAndSet(null, cause);
      settled();
    }

    private void settled() {
      if (left.decrementAndGet() > 0) {
        return;
      }
      deleted.addAndGet(gone.get());
      var failed = failure.get();
      if (failed != null) {
        result.failed(failed);
      } else if (gone.get() > 0) {
        start();
      } else {
        result.succeeded(deleted.get());
      }
    }
  }
}
