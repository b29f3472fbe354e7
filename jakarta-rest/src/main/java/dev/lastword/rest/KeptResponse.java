package dev.lastword.rest;

import jakarta.ws.rs.ServiceUnavailableException;
import jakarta.ws.rs.core.HttpHeaders;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.glassfish.jersey.server.ContainerResponse;
import org.glassfish.jersey.server.spi.ContainerResponseWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Jersey writes a response to, in every container. With the head it is decided whether that is
 * an event stream: then its bytes are the journal's, and the container's own response is written by
 * a reader's thread, and by nobody else; it is committed once that has read, or left. Any other
 * response is the container's own.
 */
final class KeptResponse implements ContainerResponseWriter {
  private static final Logger log = LoggerFactory.getLogger(KeptResponse.class);

  private final ContainerResponseWriter container;
  private final Keeping keeping;
  private final boolean excluded;
  private final AtomicBoolean completed = new AtomicBoolean();
  private volatile boolean suspended;
  private volatile boolean eventStream;

  /** It is an event stream that cannot be kept, and was answered so: what writes it fails. */
  private volatile boolean refused;

  private volatile @Nullable Intake intake;
  private volatile @Nullable Serving serving;

  /**
   * @param excluded whether what its resource itself says is the container's own
   */
  KeptResponse(ContainerResponseWriter container, Keeping keeping, boolean excluded) {
    this.container = container;
    this.keeping = keeping;
    this.excluded = excluded;
  }

  boolean isExcluded() {
    return excluded;
  }

  /** It will be an event stream, which no buffer may hold back. */
  void expectEventStream() {
    eventStream = true;
  }

  @Override
  public OutputStream writeResponseStatusAndHeaders(long length, ContainerResponse response) {
    if (serving != null || refused) { // Jersey tries to say an error once more
      return OutputStream.nullOutputStream();
    }
    if (response.getEntity() instanceof KeptStream stream) {
      serve(stream, response);
      return OutputStream.nullOutputStream();
    }
    if (length == 0 || excluded || !Keeping.isToBeKept(response)) {
      return container.writeResponseStatusAndHeaders(length, response);
    }
    var opened = open(response);
    var begun = new Intake(opened.answer(), keeping.dialect());
    intake = begun;
    serve(opened.stream(), response);
    return begun;
  }

  /**
   * A resource that writes its body itself may take the failure for its reader's: so the status is
   * said here.
   */
  private Keeping.Opened open(ContainerResponse response) {
    try {
      return keeping.open(response);
    } catch (ServiceUnavailableException e) {
      refused = true;
      var refusal = new ContainerResponse(response.getRequestContext(), e.getResponse());
      container.writeResponseStatusAndHeaders(0, refusal);
      throw e;
    }
  }

  private void serve(KeptStream stream, ContainerResponse response) {
    response.getHeaders().remove(HttpHeaders.CONTENT_LENGTH);
    if (!suspended) {
      suspended = canSuspend();
    }
    serving = Serving.start(stream, container.writeResponseStatusAndHeaders(-1, response));
  }

  /** So that no thread of the container's has to wait for a reader. */
  private boolean canSuspend() {
    try {
      return container.suspend(0, TimeUnit.SECONDS, unlimited -> {});
    } catch (UnsupportedOperationException | IllegalStateException e) {
      return false; // the JDK's server; a servlet without asynchronous support
    }
  }

  @Override
  public boolean suspend(long timeout, TimeUnit unit, @Nullable TimeoutHandler handler) {
    if (serving != null && suspended) {
      return true;
    }
    boolean can =
        container.suspend(
            timeout, unit, handler == null ? null : itself -> handler.onTimeout(this));
    suspended |= can;
    return can;
  }

  @Override
  public void setSuspendTimeout(long timeout, TimeUnit unit) {
    container.setSuspendTimeout(timeout, unit);
  }

  /**
   * A body could not be written to its end.
   *
   * @return whether it is an event stream that has begun
   */
  boolean failed(Throwable cause) {
    var begun = intake;
    if (begun != null) {
      begun.failed(cause);
    }
    return begun != null;
  }

  /** The resource has completed. */
  @Override
  public void commit() {
    var reader = serving;
    if (refused) {
      if (completed.compareAndSet(false, true)) {
        container.commit();
      }
    } else if (reader == null) {
      container.commit();
    } else if (completed.compareAndSet(false, true)) {
      var begun = intake;
      if (begun != null) {
        begun.completed();
      }
      release(reader);
    }
  }

  @Override
  public void failure(Throwable error) {
    var reader = serving;
    if (refused) {
      commit();
    } else if (reader == null) {
      container.failure(error);
    } else if (completed.compareAndSet(false, true)) {
      failed(error);
      release(reader);
    }
  }

  private void release(Serving reader) {
    if (suspended) {
      reader.served().thenRun(() -> commitContainer(reader));
    } else {
      reader.await();
      commitContainer(reader);
    }
  }

  private void commitContainer(Serving reader) {
    reader.closeConnection();
    try {
      container.commit();
    } catch (RuntimeException e) { // the container has let go of it, since its reader had gone
      log.debug("reader.not_committed cause={}", e.toString());
    }
  }

  @Override
  public boolean enableResponseBuffering() {
    return !eventStream && container.enableResponseBuffering();
  }
}
