package dev.lastword.testing;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jetbrains.lincheck.Lincheck;
import org.jspecify.annotations.Nullable;

/**
 * Runs two threads in the orders that there are, step by step, as a model checker does: what one
 * order in thousands breaks is found every time, and the order is printed.
 *
 * <p>The orders are those of sequential consistency. What a processor or the compiler may do beside
 * has tests of its own.
 */
public final class Interleavings {
  /** Enough for what is known to go wrong here; more by {@code -Dlastword.interleavings=N}. */
  private static final int ORDERS = Integer.getInteger("lastword.interleavings", 150);

  private Interleavings() {}

  /** What two threads do in one run, made anew for each run. */
  public interface Scene {
    /** What one thread does; it stops by itself. */
    void one();

    /** What the other one does meanwhile. */
    void other();

    /** Called once both have ended; throws if something is wrong. */
    void check();
  }

  /**
   * Runs scenes until one is wrong, or enough orders were tried. What a scene is made of and does
   * not change is better made outside.
   */
  public static void explore(Supplier<? extends Scene> scenes) {
    Lincheck.runConcurrentTest(ORDERS, () -> run(scenes.get()));
  }

  /** Where the checker sees that both threads reach the scene, and with it all that is in it. */
  private static @Nullable Scene shared;

  private static void run(Scene scene) {
    shared = scene;
    var one = new Thread(() -> scene().one());
    var other = new Thread(() -> scene().other());
    one.start();
    other.start();
    try {
      one.join();
      other.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    scene.check();
  }

  private static Scene scene() {
    return Objects.requireNonNull(shared);
  }

  /** Throws if it does not hold. Plain, as every call is a step of the model. */
  public static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  /** A queue of tasks of few steps: any thread adds, one takes. */
  public static final class Tasks {
    private static final int MAX = 16;

    private final AtomicReferenceArray<Runnable> tasks = new AtomicReferenceArray<>(MAX);
    private final AtomicInteger added = new AtomicInteger();
    private int taken;

    /** Adds a task. */
    public void add(Runnable task) {
      tasks.set(added.getAndIncrement(), task);
    }

    /** Runs the next task, if there is one; false if there is none. */
    public boolean runNext() {
      var next = taken < MAX ? tasks.get(taken) : null;
      if (next == null) {
        return false;
      }
      taken++;
      next.run();
      return true;
    }

    /** Runs all there are. */
    public void runAll() {
      boolean more = true;
      while (more) {
        more = runNext();
      }
    }
  }
}
