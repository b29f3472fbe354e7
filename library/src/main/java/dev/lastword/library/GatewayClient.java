package dev.lastword.library;

import dev.lastword.stream.Owner;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Asks a gateway. What it does not answer, or only for the moment, is asked again, which changes
 * nothing: each request says all that tells a repeated one from a new one. Blocks; thread-safe.
 */
final class GatewayClient implements AutoCloseable {
  /** A gateway answers within 20 s, also where what it is asked takes longer. */
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /**
   * What is under way at once of each kind and of those before it, readings apart: each kind has
   * room that the ones before it cannot take. A gateway lets an address have 256 connections.
   */
  private enum Kind {
    /** What is answered once something has come of it. */
    WAIT(64),
    /** That a response is being saved, which others wait for. */
    SAVE(96),
    /** All else. */
    QUESTION(128),
    /** What answers consist of. */
    PART(160),
    /** That an answer's process is there. */
    SIGN(192);

    final int most;

    Kind(int most) {
      this.most = most;
    }
  }

  private static final String OF_STREAMS = "/api/streams/";

  /** A body that is sent slower than this is given up. */
  private static final int BODY_BYTES_PER_MS = 256;

  private static final long FIRST_WAIT_MS = 50;
  private static final long WAIT_MAX_MS = 5_000;

  private final HttpClient http;
  private final URI gateway;
  private final Function<Owner, String> credentials;
  private final String producer;
  private final Duration patience;
  private final boolean own;
  private final Map<Kind, Semaphore> rooms = new EnumMap<>(Kind.class);
  private volatile boolean closed;

  /**
   * @param credentials of an owner, {@code ""} for none
   * @param producer which process this is
   * @param patience how long it is asked again
   * @param own whether the client is closed with this
   */
  GatewayClient(
      HttpClient http,
      URI gateway,
      Function<Owner, String> credentials,
      String producer,
      Duration patience,
      boolean own) {
    this.http = http;
    this.gateway = gateway;
    this.credentials = credentials;
    this.producer = producer;
    this.patience = patience;
    this.own = own;
    for (var kind : Kind.values()) {
      rooms.put(kind, new Semaphore(kind.most, true));
    }
  }

  /**
   * One request.
   *
   * @param path with its query, from {@code /} on
   * @param body empty for none
   * @param timeout how long nothing may come once it is sent
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Call(
      String method,
      String path,
      Owner owner,
      Map<String, String> fields,
      byte[] body,
      Duration timeout) {
    Call(String method, String path, Owner owner, Map<String, String> fields, byte[] body) {
      this(method, path, owner, fields, body, TIMEOUT);
    }

    /** The same, which is given up sooner, and asked again. */
    Call within(Duration sooner) {
      return new Call(method, path, owner, fields, body, sooner);
    }

    private Kind kind() {
      if (!path.startsWith(OF_STREAMS)) {
        return Kind.QUESTION;
      }
      return switch (path.substring(path.lastIndexOf('/') + 1).split("\\?", 2)[0]) {
        case "seal", "save" -> Kind.WAIT;
        case "saving", "saved" -> Kind.SAVE;
        case "events", "fail" -> Kind.PART;
        case "producer" -> Kind.SIGN;
        default -> Kind.QUESTION;
      };
    }

    /** How long nothing may come, from the request on, whose body takes its time. */
    Duration silence() {
      return timeout.plusMillis(body.length / BODY_BYTES_PER_MS);
    }

    static Call get(String path, Owner owner) {
      return new Call("GET", path, owner, Map.of(), new byte[0]);
    }

    static Call post(String path, Owner owner) {
      return post(path, owner, "");
    }

    static Call post(String path, Owner owner, String json) {
      return new Call(
          "POST",
          path,
          owner,
          json.isEmpty() ? Map.of() : Map.of("Content-Type", "application/json"),
          json.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** What was answered. */
  record Reply(int status, HttpHeaders headers, String body) {
    /**
     * Its body, which has to be an object.
     *
     * @throws GatewayException if it is none: something else than a gateway has answered
     */
    JsonObject json() {
      try {
        return JsonObject.of(body);
      } catch (IllegalArgumentException e) {
        throw new GatewayException(
            status, "answer_malformed", "what answers there is no gateway", e);
      }
    }

    /** The code of a problem, {@code ""} if it is none. */
    String code() {
      return problem("code");
    }

    String detail() {
      return problem("detail");
    }

    private String problem(String member) {
      try {
        return JsonObject.of(body).text(member);
      } catch (IllegalArgumentException e) {
        return "";
      }
    }

    boolean isOk() {
      return status >= 200 && status < 300;
    }
  }

  /** How the fields of a request say who asks. */
  HttpRequest.Builder request(String path, Owner owner) {
    var builder = request(path);
    var known = credentials.apply(owner);
    if (!known.isEmpty()) {
      builder.setHeader("Authorization", "Bearer " + known);
    }
    return builder;
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(gateway.resolve(path)).setHeader("Lastword-Producer", producer);
  }

  /** Whether there are credentials of an owner. */
  boolean knows(Owner owner) {
    return !credentials.apply(owner).isEmpty();
  }

  HttpClient http() {
    return http;
  }

  /** Whether nothing is asked any more. */
  boolean isClosed() {
    return closed;
  }

  /**
   * Asks, and where nobody answers asks again, as long as this is patient.
   *
   * @throws GatewayException if it was not reached
   * @throws LastwordClosedException if this is closed, before or meanwhile
   */
  Reply ask(Call call) throws InterruptedException {
    return ask(call, status -> status == 502 || status == 504);
  }

  /** The same, also where it is answered that it cannot be done now. */
  Reply insist(Call call) throws InterruptedException {
    return ask(call, GatewayClient::isPassing);
  }

  /** Whether a status says nothing but that it cannot be done now. */
  static boolean isPassing(int status) {
    return status == 408 || status == 425 || status == 429 || status >= 500;
  }

  /**
   * Asks once, without credentials, beside all else: what shows how it stands.
   *
   * @throws GatewayException if it is not answered in time
   * @throws LastwordClosedException if this is closed
   */
  Reply glance(String path, Duration timeout) throws InterruptedException {
    if (closed) {
      throw new LastwordClosedException();
    }
    try {
      return sent(Call.get(path, Owner.ANONYMOUS).within(timeout), request(path));
    } catch (IOException e) {
      throw GatewayException.unreachable(e);
    }
  }

  private Reply ask(Call call, IntPredicate passing) throws InterruptedException {
    long startedNanos = System.nanoTime();
    long waitMs = FIRST_WAIT_MS;
    while (true) {
      if (closed) {
        throw new LastwordClosedException();
      }
      Reply reply = null;
      IOException failure = null;
      try {
        reply = once(call);
        if (!passing.test(reply.status())) {
          return reply;
        }
      } catch (IOException e) {
        failure = e;
      }
      if (closed) {
        throw new LastwordClosedException();
      }
      if (System.nanoTime() - startedNanos >= patience.toNanos()) {
        if (reply != null) {
          return reply;
        }
        throw GatewayException.unreachable(failure);
      }
      pause(waitMs, reply);
      waitMs = Math.min(WAIT_MAX_MS, 2 * waitMs);
    }
  }

  private static void pause(long mostMs, @Nullable Reply reply) throws InterruptedException {
    long waitMs = mostMs / 2 + ThreadLocalRandom.current().nextLong(mostMs / 2 + 1);
    if (reply != null && reply.status() == 429) {
      waitMs = Math.max(waitMs, Math.min(WAIT_MAX_MS, retryAfterMs(reply)));
    }
    TimeUnit.MILLISECONDS.sleep(waitMs);
  }

  /** What an answer says of when to come again, 0 if nothing. */
  static long retryAfterMs(Reply reply) {
    var said = reply.headers().firstValue("Retry-After").orElse("");
    return said.matches("[0-9]{1,5}") ? TimeUnit.SECONDS.toMillis(Long.parseLong(said)) : 0;
  }

  private Reply once(Call call) throws IOException, InterruptedException {
    var request = request(call.path(), call.owner());
    var taken = new ArrayDeque<Semaphore>();
    try {
      for (var kind : EnumSet.range(call.kind(), Kind.SIGN)) {
        var room = roomOf(kind);
        room.acquire();
        taken.push(room);
      }
      return sent(call, request);
    } finally {
      taken.forEach(Semaphore::release);
    }
  }

  private Semaphore roomOf(Kind kind) {
    return Objects.requireNonNull(rooms.get(kind));
  }

  private Reply sent(Call call, HttpRequest.Builder builder)
      throws IOException, InterruptedException {
    call.fields().forEach(builder::setHeader);
    var body =
        call.body().length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(call.body());
    var response = Sending.send(http, builder.method(call.method(), body).build(), call.silence());
    return new Reply(response.statusCode(), response.headers(), response.body());
  }

  /** From now on nothing is asked. */
  @Override
  public void close() {
    closed = true;
    if (own) {
      http.shutdownNow();
    }
  }
}
