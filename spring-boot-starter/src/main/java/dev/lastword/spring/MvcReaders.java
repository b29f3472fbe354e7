package dev.lastword.spring;

import dev.lastword.journal.StreamId;
import dev.lastword.library.Reading;
import dev.lastword.library.ReadingBrokenException;
import dev.lastword.stream.Owner;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.context.request.async.WebAsyncUtils;
import org.springframework.web.filter.ShallowEtagHeaderFilter;

/**
 * Serves readers by Spring MVC's own asynchronous requests, each on a virtual thread. A reader that
 * has gone is never dispatched again: the container tells Spring of it.
 */
final class MvcReaders {
  private static final Logger log = LoggerFactory.getLogger(MvcReaders.class);

  private final Answers answers;

  MvcReaders(Answers answers) {
    this.answers = answers;
  }

  /** What an asynchronous request has come to; the handler of return values is given it. */
  enum Served {
    /** The clean end. */
    WHOLE,
    /** None: the connection has to break. */
    BROKEN
  }

  /** What a reader is to be given. */
  record Place(StreamId id, Owner owner, String lastEventId) {}

  /**
   * Serves a reader, whose request goes on when this returns.
   *
   * @param begun told once there is something to say; what it fails with is the request's failure
   */
  void serve(
      Place place,
      HttpServletRequest request,
      HttpServletResponse response,
      CompletionStage<Void> begun,
      Object... context)
      throws Exception {
    ShallowEtagHeaderFilter.disableContentCaching(request);
    var served = new DeferredResult<Object>(-1L);
    WebAsyncUtils.getAsyncManager(request).startDeferredResultProcessing(served, context);
    var left = OutermostFilter.left(request);
    var link = answers.link(MvcReturns.base(request), place.id());
    var asked = new Asked(place, isHead(request), response);
    Thread.ofVirtual()
        .name("lastword-reader-" + place.id())
        .start(() -> serve(asked, begun, left, link, served));
  }

  /** Who asks for the head only, for which no source is asked and nothing is opened. */
  static boolean isHead(HttpServletRequest request) {
    return request.getMethod().equals("HEAD");
  }

  private record Asked(Place place, boolean headOnly, HttpServletResponse response) {}

  private void serve(
      Asked asked,
      CompletionStage<Void> begun,
      CompletionStage<Void> left,
      Optional<String> link,
      DeferredResult<Object> served) {
    var place = asked.place();
    var response = asked.response();
    answers.metrics().reading();
    try {
      if (!awaitBegun(begun, served)) {
        return;
      }
      left.toCompletableFuture().join(); // a filter on its way out
      try (var reading = answers.read(place.id(), place.owner(), place.lastEventId())) {
        if (reading.isAtEnd()) {
          reading.outcome().ifPresent(it -> response.setHeader(Answers.OUTCOME_HEADER, it.word()));
          response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        } else {
          link.ifPresent(it -> response.addHeader(HttpHeaders.LINK, it));
          head(place.id(), response);
          if (!asked.headOnly()) {
            write(place.id(), reading, response);
          }
        }
      }
      served.setResult(Served.WHOLE);
    } catch (ReadingBrokenException e) {
      served.setResult(Served.BROKEN);
    } catch (IOException e) {
      log.debug("reader.gone stream={}", place.id()); // the container tells Spring
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      served.setResult(Served.BROKEN);
    } catch (RuntimeException e) {
      if (response.isCommitted()) {
        log.warn("reader.failed stream={} cause={}", place.id(), e.toString());
        served.setResult(Served.BROKEN);
      } else {
        served.setErrorResult(e);
      }
    } finally {
      answers.metrics().left();
    }
  }

  /** A source that is silent for long is as good as one that has begun. */
  private boolean awaitBegun(CompletionStage<Void> begun, DeferredResult<Object> served)
      throws InterruptedException {
    try {
      begun
          .toCompletableFuture()
          .get(answers.properties().heartbeat().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return true;
    } catch (ExecutionException e) {
      served.setErrorResult(Objects.requireNonNullElse(e.getCause(), e));
      return false;
    }
    return true;
  }

  private static void head(StreamId id, HttpServletResponse response) {
    var contentType = response.getContentType();
    if (contentType == null || !contentType.startsWith(Answers.EVENT_STREAM.toString())) {
      response.setContentType(Answers.EVENT_STREAM.toString());
    }
    setIfMissing(response, HttpHeaders.CACHE_CONTROL, "no-cache");
    setIfMissing(response, "X-Accel-Buffering", "no");
    response.setHeader(Answers.STREAM_HEADER, id.value());
  }

  private static void write(StreamId id, Reading reading, HttpServletResponse response)
      throws IOException, InterruptedException {
    var ids = new EventIds(id);
    var out = response.getOutputStream();
    response.flushBuffer();
    for (var bytes = reading.next(); bytes.isPresent(); bytes = reading.next()) {
      out.write(ids.in(bytes.get()));
      out.flush();
    }
  }

  private static void setIfMissing(HttpServletResponse response, String name, String value) {
    if (response.getHeader(name) == null) {
      response.setHeader(name, value);
    }
  }
}
