package dev.lastword.archive.sql;

import java.sql.SQLException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A platform thread and its connection. */
public final class Worker {
  private static final Logger log = LoggerFactory.getLogger(SqlArchive.class);

  private final Flavour flavour;
  private final Opening opening;
  private final boolean opensAhead;
  private final Predicate<Worker> work;
  private final Thread thread;

  /** Used by the thread alone, but for {@link #interrupt}. */
  private volatile @Nullable Session session;

  /** Opens a connection. */
  @FunctionalInterface
  public interface Opening {
    /** Opens one. */
    Session open() throws SQLException;
  }

  private Worker(
      String name, Flavour flavour, Opening opening, boolean opensAhead, Predicate<Worker> work) {
    this.flavour = flavour;
    this.opening = opening;
    this.opensAhead = opensAhead;
    this.work = work;
    this.thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
  }

  /** Starts a thread that works until it is told that there is no more. */
  static Worker start(
      String name, Flavour flavour, Opening opening, boolean opensAhead, Predicate<Worker> work) {
    var worker = new Worker(name, flavour, opening, opensAhead, work);
    worker.thread.start();
    return worker;
  }

  private void run() {
    if (opensAhead) {
      openAhead();
    }
    boolean more = true;
    while (more) {
      more = work.test(this);
    }
    discard();
  }

  private void openAhead() {
    try {
      session();
    } catch (SQLException | RuntimeException e) {
      log.debug("archive.not_opened_ahead cause={}", e.getMessage()); // whoever needs it is told
    }
  }

  /** Its connection, opened if it has none. */
  Session session() throws SQLException {
    var open = session;
    if (open == null) {
      open = opening.open();
      session = open;
    }
    return open;
  }

  /** Whether it has a connection, which may have broken since. */
  boolean isOpen() {
    return session != null;
  }

  /** A statement failed: if that may be the connection's fault, the next gets another one. */
  void failed(SQLException e) {
    if (!flavour.isDamaged(e) && !flavour.isFull(e)) {
      discard();
    }
  }

  private void discard() {
    var open = session;
    session = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        log.warn("archive.connection_not_closed cause={}", e.getMessage());
      }
    }
  }

  /** Ends the statement that runs now, if one does. */
  void interrupt() {
    var open = session;
    if (open != null) {
      try {
        open.interrupt();
      } catch (SQLException e) {
        log.debug("archive.not_interrupted cause={}", e.getMessage());
      }
    }
  }

  /** Waits for the thread's end until {@code System.nanoTime()} is past a time. */
  boolean joinUntil(long nanoTime) {
    long leftMs = (nanoTime - System.nanoTime()) / 1_000_000;
    try {
      thread.join(Math.max(leftMs, 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
