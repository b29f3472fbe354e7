package dev.lastword.reader;

import dev.lastword.reader.ReaderException.Kind;
import dev.lastword.sse.EventTooLargeException;
import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads an event stream to its end, over as many connections as it takes: each event once and in
 * order. A connection that breaks, is silent for too long or ends early is followed by one that
 * asks for the rest with {@code Last-Event-ID} (WHATWG HTML §9.2), as a browser's {@code
 * EventSource} does; so any endpoint whose events have ids can be read.
 *
 * <p>Of a Lastword gateway a request of any method can be read: where its connection breaks, the
 * rest comes from the stream's own URL, and the request is not made again. There a gap is noticed
 * ({@link Kind#GAP}), notices about the connection are not handed out, and the stream's end is
 * known: {@link #next} is empty behind an answer that is whole and saved, and throws {@link
 * Kind#ENDED} behind any other.
 *
 * <p>Elsewhere a stream is over when its last event came ({@link ReaderOptions#isLast}), when the
 * endpoint answers 204, when two connections in turn bring nothing new and end in good order, and,
 * if no event had an id, with the body.
 *
 * <p>One thread reads; any may close.
 */
public final class LastwordReader implements AutoCloseable {
  private static final String OUTCOME = "Lastword-Outcome";
  private static final int EMPTY_MAX = 2;

  private final HttpClient client;
  private final HttpRequest request;
  private final ReaderOptions options;
  private final Position position;
  private final Retry retry;
  private final Queue<SseEvent> ready = new ArrayDeque<>();

  /** Where the rest is asked for; null while only the request itself can be made. */
  private @Nullable URI rest;

  private @Nullable SseParser parser;
  private volatile @Nullable CompletableFuture<HttpResponse<Body>> sending;
  private volatile @Nullable Body body;
  private final CountDownLatch closed = new CountDownLatch(1);
  private @Nullable GatewayStream stream;
  private String handedOut;
  private boolean asked;
  private boolean anyEvent;
  private boolean over;
  private @Nullable ReaderException failure;

  /** Connections in turn that brought nothing and ended in good order. */
  private int empty;

  private boolean news;

  private LastwordReader(
      HttpClient client, HttpRequest request, String after, ReaderOptions options) {
    this.client = client;
    this.request = request;
    this.options = options;
    this.position = new Position(after);
    this.retry = new Retry(options.patience());
    this.handedOut = after;
    if (request.method().equals("GET")) {
      rest = request.uri();
    }
  }

  /** Reads what a request is answered with; nothing is asked before the first {@link #next}. */
  public static LastwordReader of(HttpClient client, HttpRequest request) {
    return of(client, request, "", ReaderOptions.DEFAULT);
  }

  /**
   * The same, behind an event.
   *
   * @param request its fields go along with every connection; {@code Accept} is added
   * @param after an earlier {@link #lastEventId}; {@code ""} from the beginning
   * @throws IllegalArgumentException if there is something to be behind and the request is no GET
   */
  public static LastwordReader of(
      HttpClient client, HttpRequest request, String after, ReaderOptions options) {
    if (!after.isEmpty() && !request.method().equals("GET")) {
      throw new IllegalArgumentException(
          "the rest of a stream is asked for by a GET, not by " + request.method());
    }
    return new LastwordReader(client, request, after, options);
  }

  /**
   * The next event; waits for it.
   *
   * @return empty at the stream's end, from then on
   * @throws ReaderException if it was not read to its end, from then on; events that came before
   *     were handed out
   * @throws InterruptedException nothing is lost: the next call goes on
   * @throws IllegalStateException if the reader was closed
   */
  public Optional<SseEvent> next() throws InterruptedException {
    while (true) {
      if (isClosed()) {
        throw new IllegalStateException("the reader is closed");
      }
      var event = ready.poll();
      if (event != null) {
        if (event.hasId() && !event.id().isEmpty()) {
          handedOut = event.id();
        }
        return Optional.of(event);
      }
      if (failure != null) {
        throw failure;
      }
      if (over) {
        return Optional.empty();
      }
      var open = body;
      if (open == null) {
        connect();
      } else {
        read(open);
      }
    }
  }

  /**
   * The id of the last event that was handed out and had one, {@code ""} if none had: where another
   * reader goes on.
   */
  public String lastEventId() {
    return handedOut;
  }

  /** The id of the gateway's stream, once it has answered; empty where there is no gateway. */
  public Optional<String> stream() {
    return Optional.ofNullable(stream).map(GatewayStream::id);
  }

  /** Leaves the stream, which goes on. */
  @Override
  public void close() {
    closed.countDown();
    var answer = sending;
    if (answer != null) {
      answer.cancel(true);
    }
    var open = body;
    if (open != null) {
      open.close();
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  // --- connecting

  private void connect() throws InterruptedException {
    var answer = sending; // of a call that was interrupted: what was asked is not asked again
    if (answer == null) {
      retry.await(closed);
      if (isClosed()) {
        return;
      }
      answer = client.sendAsync(asking(), head -> new Body());
      sending = answer;
      if (isClosed()) {
        answer.cancel(true);
      }
    }
    HttpResponse<Body> response;
    try {
      response = answer.get(options.silence().toMillis(), TimeUnit.MILLISECONDS);
    } catch (CancellationException e) {
      return; // the reader was closed meanwhile
    } catch (TimeoutException e) {
      answer.cancel(true);
      sending = null;
      lost(e, !isRepeatable());
      return;
    } catch (ExecutionException e) {
      sending = null;
      lost(e.getCause(), !isRepeatable());
      return;
    }
    asked = true;
    body = response.body();
    sending = null;
    if (isClosed()) {
      response.body().close();
    }
    answered(response);
  }

  /** Whether the request may be made again: it is a GET, or the connection was never there. */
  private boolean isRepeatable() {
    return rest != null;
  }

  private HttpRequest asking() {
    boolean first = rest == null || !asked;
    var builder =
        HttpRequest.newBuilder(
            request,
            (name, value) ->
                !name.equalsIgnoreCase("Last-Event-ID")
                    && (first || !name.equalsIgnoreCase("Content-Type")));
    if (!first || rest != null) {
      builder.uri(rest).method("GET", BodyPublishers.noBody());
    }
    builder.setHeader("Lastword-Event-Ids", "true"); // a relay's own may be anything, as a feed's
    builder.setHeader("Accept", "text/event-stream");
    if (!position.last().isEmpty()) {
      builder.setHeader("Last-Event-ID", position.last());
    }
    return builder.build();
  }

  private void answered(HttpResponse<Body> response) throws InterruptedException {
    int status = response.statusCode();
    var type = response.headers().firstValue("Content-Type").orElse("");
    if (status == 200 && type.toLowerCase(Locale.ROOT).startsWith("text/event-stream")) {
      begin(response);
    } else if (status == 204) {
      letGo();
      settled(response.headers().firstValue(OUTCOME).orElse("completed"));
    } else if (isPassing(status) && isRepeatable()) {
      letGo();
      retry.after(response.headers().firstValue("Retry-After").orElse(""));
      lost(new IOException("it answered " + status), false);
    } else {
      letGo();
      fail(
          Kind.REFUSED,
          status,
          status == 200
              ? "it answered '" + type + "' in place of an event stream"
              : "it answered " + status);
    }
  }

  private static boolean isPassing(int status) {
    return status == 408 || status == 425 || status == 429 || status >= 500;
  }

  private void begin(HttpResponse<Body> response) {
    GatewayStream.of(response, request.uri(), isRepeatable())
        .ifPresent(
            found -> {
              stream = found;
              found.rest().ifPresent(there -> rest = there);
            });
    retry.heard();
    position.resume();
    news = false;
    parser = new SseParser(options.eventBytesMax(), this::take);
  }

  private void letGo() {
    var open = body;
    body = null;
    parser = null;
    if (open != null) {
      open.close();
    }
  }

  // --- reading

  private void read(Body open) throws InterruptedException {
    switch (open.take(options.silence())) {
      case Body.Part.Bytes bytes -> {
        retry.heard();
        feed(bytes);
      }
      case Body.Part.End end -> {
        body = null;
        endedInOrder();
      }
      case Body.Part.Broken broken -> {
        body = null;
        lost(broken.cause() == null ? new IOException("silence") : broken.cause(), !canResume());
      }
    }
  }

  private void feed(Body.Part.Bytes bytes) {
    var feeding = parser;
    if (feeding == null) {
      return;
    }
    try {
      bytes.buffers().forEach(feeding::feed);
    } catch (EventTooLargeException e) {
      letGo();
      fail(Kind.GAP, 0, "an event is larger than " + e.bytesMax() + " bytes");
      return;
    }
    if (feeding.retryMs() >= 0) {
      retry.every(feeding.retryMs());
    }
    if (over || failure != null || leaving) {
      leaving = false;
      letGo();
    }
  }

  /** A notice was read: it is about this connection, which ends with it. */
  private boolean leaving;

  private void take(SseEvent event) {
    if (over || failure != null || leaving) {
      return;
    }
    var from = stream;
    if (from != null && !event.hasId() && (from.isOwnUrl() || !position.last().isEmpty())) {
      leaving = true;
      retry.failed();
      return;
    }
    switch (position.take(event, from != null)) {
      case REPEATED -> {}
      case MISSING ->
          fail(
              Kind.GAP,
              0,
              "events are missing: behind '%s' came '%s'".formatted(position.last(), event.id()));
      case NEXT -> {
        anyEvent = true;
        news = true;
        empty = 0;
        retry.progressed();
        ready.add(event);
        over = options.isLast().test(event);
      }
    }
  }

  /** Whether the rest can be asked for: there is a last event, or nothing came yet. */
  private boolean canResume() {
    return rest != null && (!position.last().isEmpty() || !anyEvent);
  }

  private void endedInOrder() {
    if (position.isLost()) {
      fail(Kind.GAP, 0, "the endpoint has begun again, without the event " + position.last());
    } else if (!canResume()) {
      over = true;
    } else if (!news && ++empty >= EMPTY_MAX && stream == null) {
      over = true;
    } else {
      lost(new IOException("it ended early"), false);
    }
  }

  private void settled(String outcome) {
    if (outcome.equals("completed")) {
      over = true;
    } else {
      fail(Kind.ENDED, 0, "the stream has ended as " + outcome);
    }
  }

  private void lost(@Nullable Throwable cause, boolean forGood) {
    retry.failed();
    if (forGood) {
      failure =
          new ReaderException(
              Kind.BROKEN, 0, "the connection broke, and the rest cannot be asked for", cause);
    } else if (retry.isOver()) {
      failure =
          new ReaderException(
              Kind.UNREACHABLE,
              0,
              "nothing was heard for %d ms".formatted(options.patience().toMillis()),
              cause);
    }
  }

  private void fail(Kind kind, int status, String message) {
    failure = new ReaderException(kind, status, message, null);
  }
}
