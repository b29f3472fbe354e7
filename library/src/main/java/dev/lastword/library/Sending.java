package dev.lastword.library;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One request and all of its answer. It is given up after a silence, in the body as well, of which
 * the time-out of a {@link HttpRequest} knows nothing: whose other end has gone without a word
 * would be waited for for ever.
 */
final class Sending {
  private final long silenceNanos;
  private volatile long movedNanos = System.nanoTime();

  private Sending(Duration silence) {
    this.silenceNanos = silence.toNanos();
  }

  /**
   * Sends it, and waits for the answer.
   *
   * @param silence how long nothing may come, from the request on
   * @throws IOException if it is not answered to the end
   */
  static HttpResponse<String> send(HttpClient http, HttpRequest request, Duration silence)
      throws IOException, InterruptedException {
    return new Sending(silence).send(http, request);
  }

  private HttpResponse<String> send(HttpClient http, HttpRequest request)
      throws IOException, InterruptedException {
    var answer = http.sendAsync(request, head -> new Body());
    try {
      while (true) {
        long leftNanos = movedNanos + silenceNanos - System.nanoTime();
        if (leftNanos <= 0) {
          throw new HttpTimeoutException("nothing came for " + Duration.ofNanos(silenceNanos));
        }
        try {
          return answer.get(leftNanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          // unless something has come meanwhile, this was it
        }
      }
    } catch (ExecutionException e) {
      throw failure(e);
    } finally {
      answer.cancel(true); // changes nothing of one that is here
    }
  }

  private static IOException failure(ExecutionException e) {
    return switch (e.getCause()) {
      case IOException failed -> failed;
      case RuntimeException wrong -> throw wrong;
      case Error error -> throw error;
      case null, default -> new IOException(e);
    };
  }

  /** A text that comes in parts. */
  private final class Body implements BodySubscriber<String> {
    private final BodySubscriber<String> text = BodySubscribers.ofString(StandardCharsets.UTF_8);

    Body() {
      moved();
    }

    private void moved() {
      movedNanos = System.nanoTime();
    }

    @Override
    public CompletionStage<String> getBody() {
      return text.getBody();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      text.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> part) {
      moved();
      text.onNext(part);
    }

    @Override
    public void onError(Throwable cause) {
      text.onError(cause);
    }

    @Override
    public void onComplete() {
      text.onComplete();
    }
  }
}
