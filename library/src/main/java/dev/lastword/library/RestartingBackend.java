package dev.lastword.library;

import dev.lastword.archive.ArchiveUnavailableException;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Turn;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An engine whose storage may go and come back: it is started again then, as the next process would
 * start it. Meanwhile whoever asks is told that it is away. Thread-safe.
 */
final class RestartingBackend implements Backend {
  private static final Logger log = LoggerFactory.getLogger(RestartingBackend.class);

  private static final String AWAY = "the storage is away; it is opened again by itself";

  /** How often is looked whether its storage is lost. */
  private static final long LOOK_MS = 200;

  /** How long after a start that has failed the next one is tried: at first, and at the most. */
  private static final long RETRY_FIRST_MS = 200;

  private static final long RETRY_MOST_MS = 10_000;

  private final Supplier<EngineBackend> starting;
  private final Optional<Saver> saver;
  private final Thread watch = Thread.ofVirtual().name("lastword-storage").unstarted(this::watch);

  /** Null while it is away. */
  private volatile @Nullable EngineBackend now;

  private volatile Throwable lost = new IllegalStateException("its storage was lost");
  private volatile boolean closed;

  private RestartingBackend(Supplier<EngineBackend> starting, Optional<Saver> saver) {
    this.starting = starting;
    this.saver = saver;
    this.now = starting.get();
  }

  /**
   * Starts it.
   *
   * @param starting starts an engine, or throws; the first time to the caller
   */
  static RestartingBackend start(Supplier<EngineBackend> starting, Optional<Saver> saver) {
    var backend = new RestartingBackend(starting, saver);
    backend.watch.start();
    return backend;
  }

  private void watch() {
    try {
      while (!closed) {
        Thread.sleep(LOOK_MS);
        var engine = now;
        if (engine != null && engine.health() == Journal.Health.CLOSED) {
          restart(engine);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it is closed
    }
  }

  private void restart(EngineBackend engine) throws InterruptedException {
    log.error("library.storage_lost open={}", engine.open());
    now = null;
    engine.giveUp();
    for (long waitMs = RETRY_FIRST_MS; !closed; waitMs = Math.min(2 * waitMs, RETRY_MOST_MS)) {
      try {
        now = starting.get();
        log.info("library.storage_back");
        return;
      } catch (RuntimeException | Error e) { // a class that cannot be loaded now is an error
        lost = e;
        log.warn("library.storage_away next_ms={} cause={}", waitMs, e.toString());
      }
      Thread.sleep(waitMs);
    }
  }

  private <T> T ask(Function<EngineBackend, T> question) {
    var engine = now;
    if (engine != null) {
      try {
        return question.apply(engine);
      } catch (LastwordClosedException e) { // it was given up a moment ago
        lost = e;
      }
    }
    if (closed) {
      throw new LastwordClosedException();
    }
    throw new ArchiveUnavailableException(AWAY, lost);
  }

  @Override
  public Optional<Saver> saver() {
    return saver;
  }

  @Override
  public Answer open(AnswerRequest request) {
    try {
      return ask(engine -> engine.open(request));
    } catch (ArchiveUnavailableException e) {
      throw new NotOpenedException(new OpenRefusal.JournalClosed(AWAY));
    }
  }

  @Override
  public Optional<Reading> read(StreamId id, Owner owner, String lastEventId) {
    return ask(engine -> engine.read(id, owner, lastEventId));
  }

  @Override
  public Optional<StreamView> find(StreamId id, Owner owner) {
    return ask(engine -> engine.find(id, owner));
  }

  @Override
  public CancelResult cancel(StreamId id, Owner owner) {
    return ask(engine -> engine.cancel(id, owner));
  }

  @Override
  public DeleteResult delete(StreamId id, Owner owner) {
    return ask(engine -> engine.delete(id, owner));
  }

  @Override
  public Optional<String> response(StreamId id, Owner owner) {
    return ask(engine -> engine.response(id, owner));
  }

  @Override
  public List<StreamView> list(Owner owner, StreamQuery query) {
    return ask(engine -> engine.list(owner, query));
  }

  @Override
  public List<Turn> conversation(String key, Owner owner, int limit) {
    return ask(engine -> engine.conversation(key, owner, limit));
  }

  @Override
  public SaveResult saveAgain(StreamId id, Owner owner) {
    return ask(engine -> engine.saveAgain(id, owner));
  }

  @Override
  public Journal.Health health() {
    var engine = now;
    return engine == null ? Journal.Health.CLOSED : engine.health();
  }

  @Override
  public int open() {
    var engine = now;
    return engine == null ? 0 : engine.open();
  }

  @Override
  public synchronized void close() {
    closed = true;
    watch.interrupt();
    waitForTheEnd(watch);
    var engine = now;
    if (engine != null) {
      engine.close();
    }
  }

  /** Interrupted or not: else an engine that starts right now would be nobody's. */
  private static void waitForTheEnd(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
