package dev.lastword.rest;

import dev.lastword.library.ReadingBrokenException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A virtual thread that reads a stream to a connection, which nobody else writes to. It ends where
 * the stream does, or with the reader.
 */
final class Serving {
  private static final Logger log = LoggerFactory.getLogger(Serving.class);

  private final KeptStream stream;
  private final EventIds ids;
  private final OutputStream connection;
  private final CompletableFuture<Void> served = new CompletableFuture<>();

  private Serving(KeptStream stream, OutputStream connection) {
    this.stream = stream;
    this.ids = new EventIds(stream.id());
    this.connection = connection;
  }

  static Serving start(KeptStream stream, OutputStream connection) {
    var serving = new Serving(stream, connection);
    Thread.ofVirtual().name("lastword-reader-" + stream.id()).start(serving::serve);
    return serving;
  }

  private void serve() {
    try (var reading = stream.reading()) {
      connection.flush(); // the head, where nothing is said yet
      for (var bytes = reading.next(); bytes.isPresent(); bytes = reading.next()) {
        connection.write(ids.in(bytes.get()));
        connection.flush();
      }
    } catch (ReadingBrokenException e) {
      // The error event was the last: no container lets a connection be broken off from here.
      log.debug("reader.broken stream={} cause={}", stream.id(), e.toString());
    } catch (IOException | RuntimeException e) { // containers say in both ways that a peer has gone
      log.debug("reader.left stream={} cause={}", stream.id(), e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      served.complete(null);
    }
  }

  /** Completes once nothing more is written to the connection. */
  CompletionStage<Void> served() {
    return served;
  }

  /**
   * Waits until nothing more is written to the connection: its thread belongs to the container. Who
   * is interrupted leaves in the reader's name.
   */
  void await() {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          served.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
          stream.reading().close();
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The end of the response, as its container expects it. */
  void closeConnection() {
    try {
      connection.close();
    } catch (IOException | RuntimeException e) {
      log.debug("reader.not_closed stream={} cause={}", stream.id(), e.toString());
    }
  }
}
