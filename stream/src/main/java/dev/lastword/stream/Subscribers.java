package dev.lastword.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The readers of one stream, grouped by the executor they run on. Publishing costs one task for
 * each group, however many readers are in it; a group that has not run yet is not told twice.
 */
final class Subscribers {
  /** Readers woken in one task: an executor also has others to serve. */
  private static final int WAKE_MAX = 512;

  private final ConcurrentHashMap<Executor, Group> groups = new ConcurrentHashMap<>();
  private final AtomicInteger count = new AtomicInteger();

  int count() {
    return count.get();
  }

  /**
   * On the cursor's executor. A reader that joins must then read once by itself: what came before
   * is not announced.
   */
  void join(Cursor cursor) {
    groups.computeIfAbsent(cursor.subscriber().executor(), Group::new).add(cursor);
    count.incrementAndGet();
  }

  /** On the cursor's executor. */
  void leave(Cursor cursor) {
    var executor = cursor.subscriber().executor();
    var group = groups.get(executor);
    if (group != null && group.remove(cursor)) {
      count.decrementAndGet();
      if (group.members.isEmpty()) {
        groups.remove(executor);
      }
    }
  }

  /**
   * Wakes every reader.
   *
   * @param here the home that calls: its own group is woken at once, without a task; or null
   */
  void wake(@Nullable Home here) {
    for (var group : groups.values()) {
      group.wake(here);
    }
  }

  /** Gives every reader a notice. */
  void notice(String code, String message) {
    for (var group : groups.values()) {
      group.executor.execute(() -> group.notice(code, message));
    }
  }

  /** The readers on one executor; members change only there. */
  private static final class Group implements Runnable {
    final Executor executor;
    final List<Cursor> members = new ArrayList<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private int left;

    Group(Executor executor) {
      this.executor = executor;
    }

    void add(Cursor cursor) {
      cursor.place = members.size();
      members.add(cursor);
    }

    /** Moves the last member into the gap: the order of readers means nothing. */
    boolean remove(Cursor cursor) {
      int place = cursor.place;
      if (place < 0) {
        return false;
      }
      var last = members.remove(members.size() - 1);
      if (last != cursor) {
        members.set(place, last);
        last.place = place;
      }
      cursor.place = -1;
      return true;
    }

    void wake(@Nullable Home here) {
      if (woken.get() || !woken.compareAndSet(false, true)) {
        return;
      }
      if (executor.equals(here)) {
        run();
      } else {
        executor.execute(this);
      }
    }

    /**
     * Wakes the members from the last to the first, so that one who leaves meanwhile moves nobody
     * unwoken.
     */
    @Override
    public void run() {
      if (left > 0) {
        return; // a round is under way; its last task sees that there is news
      }
      woken.set(false);
      left = members.size();
      part();
    }

    private void part() {
      int stop = Math.max(0, left - WAKE_MAX);
      while (left > stop) {
        left = Math.min(left, members.size());
        if (left == 0) {
          break;
        }
        left--;
        wake(members.get(left));
      }
      if (left > 0) {
        executor.execute(this::part);
      } else if (woken.get()) {
        executor.execute(this);
      }
    }

    void notice(String code, String message) {
      for (var cursor : List.copyOf(members)) {
        if (cursor.place >= 0) {
          notice(cursor, code, message);
        }
      }
    }

    private static void notice(Cursor cursor, String code, String message) {
      call(cursor, () -> cursor.subscriber().notice(code, message));
    }

    private static void wake(Cursor cursor) {
      call(cursor, () -> cursor.subscriber().wake());
    }

    /** A reader that throws is let go; its neighbours are told all the same. */
    private static void call(Cursor cursor, Runnable reader) {
      if (!Guard.call("subscriber", cursor.stream().id(), reader)) {
        cursor.close();
      }
    }
  }
}
