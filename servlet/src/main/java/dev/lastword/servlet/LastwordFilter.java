package dev.lastword.servlet;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.PlainDialect;
import dev.lastword.journal.StreamId;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.GatewayException;
import dev.lastword.library.Lastword;
import dev.lastword.library.LastwordClosedException;
import dev.lastword.library.NotOpenedException;
import dev.lastword.library.Reading;
import dev.lastword.library.ReadingBrokenException;
import dev.lastword.library.UndecidedException;
import dev.lastword.library.UnknownEventException;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.Owner;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what servlets say as {@code text/event-stream} into the journal, apart from their
 * connections, and serves it from there: a reader that leaves, or is slow, is nothing to the
 * servlet, and an ending is said once the servlet, or its asynchronous context, has completed.
 *
 * <p>A stream's id is the response header {@code Lastword-Stream}. {@code GET /lastword/streams/ID}
 * reads it again, after the event that {@code Last-Event-ID} names; {@code POST
 * /lastword/streams/ID/cancel} stops it: the servlet's next write fails.
 *
 * <p>Has to be mapped before whatever serves event streams, for requests and asynchronous
 * dispatches, with asynchronous support. Responses of other types are not touched. An event stream
 * that cannot be kept, since the disk takes nothing or there is no room, is answered 503 with
 * {@code Retry-After}; the servlet's write fails.
 */
public final class LastwordFilter implements Filter {
  /** Says the id of a response's stream. */
  public static final String STREAM_HEADER = "Lastword-Stream";

  /** Says how a stream has ended, of which a reader has everything. */
  public static final String OUTCOME_HEADER = "Lastword-Outcome";

  private static final Logger log = LoggerFactory.getLogger(LastwordFilter.class);

  private static final String CANCEL = "/cancel";

  private final Lastword lastword;
  private final Function<HttpServletRequest, Owner> owners;
  private final Dialect dialect;
  private final String path;

  private LastwordFilter(
      Lastword lastword, Function<HttpServletRequest, Owner> owners, Dialect dialect, String path) {
    this.lastword = lastword;
    this.owners = owners;
    this.dialect = dialect;
    this.path = path;
  }

  /**
   * A filter with the defaults: a stream belongs to the request's remote user, or else to {@link
   * Owner#ANONYMOUS}; {@code [DONE]}, the type {@code close} or the servlet's return ends it.
   */
  public static LastwordFilter of(Lastword lastword) {
    return new LastwordFilter(
        lastword, LastwordFilter::remoteUser, new PlainDialect(), "/lastword/streams/");
  }

  private static Owner remoteUser(HttpServletRequest request) {
    var user = request.getRemoteUser();
    return user == null ? Owner.ANONYMOUS : Owner.of(user);
  }

  /** The same with a rule of its own for whom a request comes from. */
  public LastwordFilter owners(Function<HttpServletRequest, Owner> rule) {
    return new LastwordFilter(lastword, rule, dialect, path);
  }

  /**
   * The same for servlets that speak a dialect, such as {@code Dialects.named("openai-chat")}. A
   * servlet that returns without the terminal event that a dialect requires has failed, {@code
   * truncated}.
   */
  public LastwordFilter dialect(Dialect spoken) {
    return new LastwordFilter(lastword, owners, spoken, path);
  }

  /**
   * The same with another path, within the context, below which streams are read again.
   *
   * @throws IllegalArgumentException if it does not begin and end with a slash
   */
  public LastwordFilter path(String below) {
    if (!below.startsWith("/") || !below.endsWith("/")) {
      throw new IllegalArgumentException("path is " + below + ": begins and ends with a slash");
    }
    return new LastwordFilter(lastword, owners, dialect, below);
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!(request instanceof HttpServletRequest asked
        && response instanceof HttpServletResponse answered)) {
      chain.doFilter(request, response);
      return;
    }
    var inContext = asked.getRequestURI().substring(asked.getContextPath().length());
    if (inContext.startsWith(path)) {
      try {
        serve(asked, answered, inContext.substring(path.length()));
      } catch (LastwordClosedException | UndecidedException e) {
        unavailable(answered);
      } catch (GatewayException e) {
        if (!e.isPassing()) {
          throw e;
        }
        log.warn("gateway.away path={} cause={}", asked.getRequestURI(), e.getMessage());
        unavailable(answered);
      }
    } else if (asked.getMethod().equals("HEAD")) {
      chain.doFilter(request, response);
    } else {
      keep(asked, answered, chain);
    }
  }

  private static void unavailable(HttpServletResponse answered) throws IOException {
    answered.setHeader("Retry-After", KeptResponse.RETRY_AFTER_SECONDS);
    answered.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
  }

  private void keep(HttpServletRequest asked, HttpServletResponse answered, FilterChain chain)
      throws IOException, ServletException {
    var kept = new KeptResponse(answered, () -> begin(asked, answered));
    var request = new KeptRequest(asked, kept);
    try {
      chain.doFilter(request, kept);
    } catch (IOException | ServletException | RuntimeException | Error e) {
      if (kept.isRefused() && !(e instanceof Error)) {
        log.debug("handler.failed cause={}", e.toString()); // its write has, and it was answered
        return;
      }
      var exchange = kept.exchange();
      if (exchange != null) {
        exchange.fail("handler_failed", "The server failed before the response was complete.");
        exchange.awaitReader();
      }
      throw e;
    }
    if (request.async() == null) {
      kept.end();
      var exchange = kept.exchange();
      if (exchange != null) {
        exchange.awaitReader();
        exchange.requireClean();
      }
    }
  }

  /** On the servlet's thread, whose interrupt is the servlet's and not this wait's. */
  private Exchange begin(HttpServletRequest asked, HttpServletResponse answered)
      throws NotKeptException {
    boolean interrupted = Thread.interrupted();
    try {
      return opened(asked, answered);
    } catch (NotOpenedException | LastwordClosedException | UndecidedException e) {
      log.warn("answer.not_opened path={} cause={}", asked.getRequestURI(), e.getMessage());
      throw new NotKeptException(e);
    } catch (GatewayException e) {
      if (!e.isPassing()) {
        throw e;
      }
      log.warn("answer.not_opened path={} cause={}", asked.getRequestURI(), e.getMessage());
      throw new NotKeptException(e);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Exchange opened(HttpServletRequest asked, HttpServletResponse answered) {
    var owner = owners.apply(asked);
    var answer =
        lastword.open(
            AnswerRequest.of(owner).dialect(dialect).with(Attributes.PATH, asked.getRequestURI()));
    answered.setHeader(STREAM_HEADER, answer.id().value());
    answered.addHeader(
        "Link",
        "<%s%s%s>; rel=\"alternate\"".formatted(asked.getContextPath(), path, answer.id().value()));
    var reading = lastword.read(answer.id(), owner, "").orElseThrow();
    return new Exchange(answer, dialect, reading, answered);
  }

  private void serve(HttpServletRequest asked, HttpServletResponse answered, String rest)
      throws IOException {
    boolean cancel = rest.endsWith(CANCEL);
    var id = StreamId.parse(cancel ? rest.substring(0, rest.length() - CANCEL.length()) : rest);
    if (!asked.getMethod().equals(cancel ? "POST" : "GET")) {
      answered.setHeader("Allow", cancel ? "POST" : "GET");
      answered.sendError(405);
    } else if (id.isEmpty()) {
      answered.sendError(404);
    } else if (cancel) {
      var result = lastword.cancel(id.get(), owners.apply(asked));
      answered.setStatus(
          switch (result) {
            case CancelResult.Cancelled cancelled -> 204;
            case CancelResult.Ended ended -> 409;
            case CancelResult.Unknown unknown -> 404;
          });
    } else {
      read(asked, answered, id.get());
    }
  }

  private void read(HttpServletRequest asked, HttpServletResponse answered, StreamId id)
      throws IOException {
    var last = asked.getHeader("Last-Event-ID");
    Reading reading;
    try {
      var found = lastword.read(id, owners.apply(asked), last == null ? "" : last);
      if (found.isEmpty()) {
        answered.sendError(404);
        return;
      }
      reading = found.get();
    } catch (UnknownEventException e) {
      answered.sendError(400, "Last-Event-ID: none of this stream's");
      return;
    }
    if (reading.isAtEnd()) {
      reading.outcome().ifPresent(it -> answered.setHeader(OUTCOME_HEADER, it.word()));
      reading.close();
      answered.setStatus(204);
      return;
    }
    answered.setContentType("text/event-stream;charset=UTF-8");
    answered.setHeader("Cache-Control", "no-store");
    answered.setHeader(STREAM_HEADER, id.value());
    try {
      answered.flushBuffer();
      reading.writeTo(answered.getOutputStream());
    } catch (ReadingBrokenException e) {
      throw e; // the container breaks the connection off
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while a stream was read", e);
    } finally {
      reading.close();
    }
  }
}
