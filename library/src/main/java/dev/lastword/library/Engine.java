package dev.lastword.library;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.MemoryBudget;
import dev.lastword.stream.ReceiptSigner;
import dev.lastword.stream.Release;
import dev.lastword.stream.StreamOptions;
import dev.lastword.stream.Streams;
import dev.lastword.stream.StreamsListener;
import dev.lastword.stream.ThreadHome;
import dev.lastword.stream.TimeSource;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine with what it runs on: a journal, an archive, a few threads. */
final class Engine {
  private static final Logger log = LoggerFactory.getLogger(Engine.class);

  /** Threads on which answers live; what they do is short. */
  private static final int HOMES_MAX = 4;

  /** How long, after the grace, the disk has for the last outcomes, and a little more. */
  private static final long DRAIN_EXTRA_MS = 6_000;

  private static final long FLUSH_MS = 5_000;
  private static final long SAVERS_MS = 2_000;

  private final Journal journal;
  private final Archive archive;
  private final ExecutorService io;
  private final List<ThreadHome> homes;
  private final AtomicInteger nextHome = new AtomicInteger();
  private final Savers savers;
  private final Streams streams;

  private Engine(
      Journal journal,
      Archive archive,
      StreamOptions options,
      MemoryBudget memory,
      Optional<Saver> registered,
      ExecutorService io) {
    this.journal = journal;
    this.archive = archive;
    this.io = io;
    int number = Math.min(HOMES_MAX, Runtime.getRuntime().availableProcessors());
    this.homes =
        IntStream.range(0, number).mapToObj(i -> new ThreadHome("lastword-home-" + i)).toList();
    this.savers = new Savers(registered, io);
    this.streams =
        Streams.start(
            new Streams.Parts(
                journal,
                archive,
                options,
                new Release.Named(
                    name -> name.equals(Savers.NAME) ? Optional.of(savers) : Optional.empty()),
                ReceiptSigner.NONE,
                memory,
                TimeSource.SYSTEM,
                this::home,
                io,
                StreamId::random,
                new SecureRandom(),
                StreamsListener.NONE));
  }

  /**
   * Starts on a storage.
   *
   * @throws dev.lastword.journal.JournalFailedException as it does
   * @throws dev.lastword.archive.ArchiveFailedException as it does
   * @throws dev.lastword.stream.JournalMismatchException if its two parts are not of one another
   */
  static Engine start(
      Storage storage, StreamOptions options, MemoryBudget memory, Optional<Saver> registered) {
    var opened = storage.open();
    var io = Executors.newVirtualThreadPerTaskExecutor();
    try {
      return new Engine(opened.journal(), opened.archive(), options, memory, registered, io);
    } catch (RuntimeException | Error e) {
      closing("archive", opened.archive()::close);
      closing("journal", opened.journal()::close);
      io.shutdown();
      throw e;
    }
  }

  Streams streams() {
    return streams;
  }

  Savers savers() {
    return savers;
  }

  ExecutorService io() {
    return io;
  }

  /** A home for one more stream. */
  ThreadHome home() {
    return homes.get(Math.floorMod(nextHome.getAndIncrement(), homes.size()));
  }

  /**
   * Lets what runs go on for a while, ends the rest as interrupted, and lets go of everything, of
   * the rest also where one of them fails. Savers that still run then are interrupted.
   */
  void close(Duration grace) {
    long drainMs = grace.toMillis() + DRAIN_EXTRA_MS;
    closing("drain", () -> await("drain", streams.drain(grace.toMillis()), drainMs));
    closing("archive.flush", () -> await("archive", streams.flushArchive(), FLUSH_MS));
    closing("savers", this::stopSavers);
    homes.forEach(home -> closing("home", home::close));
    closing("journal", journal::close);
    closing("archive", archive::close);
  }

  private void stopSavers() {
    io.shutdownNow();
    try {
      if (!io.awaitTermination(SAVERS_MS, TimeUnit.MILLISECONDS)) {
        log.warn("library.savers_run_on after_ms={}", SAVERS_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(String what, CompletionStage<Void> stage, long ms) {
    try {
      stage.toCompletableFuture().get(ms, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      log.warn("library.{}_incomplete cause={}", what, e.toString());
    }
  }

  /**
   * Errors as well: of a process whose files are replaced classes are missing, first of all here.
   */
  private static void closing(String what, Runnable close) {
    try {
      close.run();
    } catch (RuntimeException | Error e) {
      log.error("library.close_failed what={}", what, e);
    }
  }
}
