package dev.lastword.library;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.GatewayClient.Call;
import dev.lastword.library.GatewayClient.Reply;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamView;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One answer on its way to a gateway, a request at a time: what the application sends meanwhile
 * goes with the next. Events are numbered, so a request that is made again brings nothing twice. On
 * the answer's own queue of tasks, which may wait, but for what says otherwise.
 */
final class RemoteOutlet implements Outlet {
  private static final Logger log = LoggerFactory.getLogger(RemoteOutlet.class);

  /** How soon an answer that ends elsewhere is known to have, at the most. */
  private static final long BEAT_MS_MAX = 5_000;

  /** Sooner nothing is made again. */
  private static final long TIMEOUT_MS_MIN = 1_000;

  /** What brings events, and may have to wait for the gateway's disk. */
  private static final long APPEND_TIMEOUT_MS_MIN = 5_000;

  private static final int MESSAGE_LENGTH_MAX = 1_000;
  private static final long ASK_AGAIN_MS = 100;
  private static final long ASK_AGAIN_MAX_MS = 2_000;

  private final RemoteBackend backend;
  private final GatewayClient client;
  private final StreamId id;
  private final Owner owner;
  private final SerialTasks tasks;
  private @Nullable Draft draft;
  private @Nullable Answer answer;

  /** The number of the next event. */
  private long next = 1;

  /** Nothing more is sent of it. */
  private boolean over;

  /** Its gateway is asked no more: what is to be said of it was said. */
  private volatile boolean settled;

  /** The gateway has heard how it ends, and need not hear any more that this process is there. */
  private volatile boolean said;

  /** When the gateway has answered last. */
  private volatile long heardNanos = System.nanoTime();

  private final AtomicBoolean beating = new AtomicBoolean();
  private final long beatNanos;
  private final Duration beatTimeout;
  private final Duration appendTimeout;

  /**
   * @param leaseMs after how long without a request the gateway gives it up
   */
  RemoteOutlet(RemoteBackend backend, StreamId id, Owner owner, SerialTasks tasks, long leaseMs) {
    long third = leaseMs / 3;
    this.beatNanos = TimeUnit.MILLISECONDS.toNanos(Math.clamp(third, 20, BEAT_MS_MAX));
    this.beatTimeout = Duration.ofMillis(Math.max(TIMEOUT_MS_MIN, third));
    this.appendTimeout = Duration.ofMillis(Math.max(APPEND_TIMEOUT_MS_MIN, third));
    this.backend = backend;
    this.client = backend.client();
    this.id = id;
    this.owner = owner;
    this.tasks = tasks;
  }

  /** What it brings. */
  void of(Draft written, Answer told) {
    draft = written;
    answer = told;
  }

  /** On any thread. */
  StreamId id() {
    return id;
  }

  private String path(String below) {
    return "/api/streams/" + id.value() + "/" + below;
  }

  // --- what the draft says

  @Override
  public void append(EncodedEvents events) {
    if (!over) {
      var call = events(path("events"), next, events).within(appendTimeout);
      asking(() -> appended(insist(call), events.count()));
    }
  }

  private void appended(Reply reply, int count) throws InterruptedException {
    if (reply.status() == 200) {
      next += count;
    } else {
      refused(reply);
    }
  }

  @Override
  public void complete(EncodedEvents ending, boolean terminalSaid, boolean kept) {
    if (!over) {
      over = true;
      asking(() -> seal(ending, kept));
    }
  }

  @Override
  public void fail(String code, SseEvent said) {
    if (!over) {
      over = true;
      asking(() -> seal(EncodedEvents.of(List.of(said)), false));
    }
  }

  @Override
  public void fail(String code, String message) {
    if (!over) {
      over = true;
      asking(() -> fail("failed", code, sentence(message)));
    }
  }

  /** A gateway takes from one character on, and not a vendor's whole answer. */
  private static String sentence(String message) {
    if (message.length() <= MESSAGE_LENGTH_MAX) {
      return message.isEmpty() ? "The response failed." : message;
    }
    boolean split = Character.isHighSurrogate(message.charAt(MESSAGE_LENGTH_MAX - 1));
    return message.substring(0, split ? MESSAGE_LENGTH_MAX - 1 : MESSAGE_LENGTH_MAX);
  }

  /** This process goes away before the answer is whole. On any thread. */
  void interrupt() {
    tasks.execute(
        () -> {
          if (!over) {
            over = true;
            asking(
                () ->
                    fail(
                        "interrupted",
                        "interrupted",
                        "The application stopped while the response was streaming."));
          }
        });
  }

  private void fail(String outcome, String code, String message) throws InterruptedException {
    var json =
        JsonObject.write(
            out -> {
              out.writeStringProperty("outcome", outcome);
              out.writeStringProperty("code", code);
              out.writeStringProperty("message", message);
            });
    var reply =
        insist(
            new Call(
                "POST",
                path("fail"),
                owner,
                Map.of(
                    "Content-Type", "application/json", "Lastword-Sequence", Long.toString(next)),
                json.getBytes(StandardCharsets.UTF_8)));
    if (reply.isOk()) {
      said = true;
      awaitOutcome();
    } else {
      refused(reply);
    }
  }

  /**
   * Says that it is there, after an interval in which the gateway has said nothing: beside what is
   * under way, which may be lost on a connection that is, or wait for its turn. On any thread.
   */
  void beat() {
    boolean due = System.nanoTime() - heardNanos >= beatNanos;
    if (due && !settled && !said && beating.compareAndSet(false, true)) {
      backend.aside(this::look);
    }
  }

  private void look() {
    try {
      var reply = client.ask(Call.get(path("producer"), owner).within(beatTimeout));
      heardNanos = System.nanoTime() - (reply.isOk() ? 0 : beatNanos / 4 * 3); // soon again
      if (reply.status() == 409 || reply.status() == 404) {
        unlessOver(() -> refused(reply));
      }
    } catch (InterruptedException | LastwordClosedException e) {
      log.debug("remote.closed", e); // whoever closes says what has become of it
    } catch (RuntimeException e) { // the gateway's, or of whoever knows credentials
      unlessOver(
          () -> {
            throw e;
          });
    } finally {
      beating.set(false);
    }
  }

  /** Behind what is under way, which may have found out itself. */
  private void unlessOver(Asking asking) {
    tasks.execute(
        () -> {
          if (!over) {
            asking(asking);
          }
        });
  }

  // --- the end

  private void seal(EncodedEvents ending, boolean kept) throws InterruptedException {
    var seal = path(kept ? "seal?saved=true" : "seal");
    var call = events(seal, next, ending);
    long waitMs = ASK_AGAIN_MS;
    while (!settled) {
      var reply = insist(call);
      said = true;
      if (reply.status() == 409 && reply.code().equals("save_taken")) {
        pause(GatewayClient.retryAfterMs(reply));
        continue;
      }
      if (!reply.isOk()) {
        refused(reply);
        return;
      }
      call = events(seal, next + ending.count(), EncodedEvents.NONE);
      var told = reply.json();
      var view = GatewayViews.stream(told.object("stream").orElseThrow());
      var saving = told.object("saving");
      if (view.outcome() != null) {
        ended(view);
      } else if (saving.isPresent()) {
        var after = backend.saving().save(saving.get(), owner);
        if (after.isPresent() && after.get().outcome() != null) {
          ended(after.get());
        }
      } else {
        pause(waitMs); // its other hooks take their time
        waitMs = Math.min(ASK_AGAIN_MAX_MS, 2 * waitMs);
      }
    }
  }

  /** The gateway does not take what was said. */
  private void refused(Reply reply) throws InterruptedException {
    over = true;
    said = true;
    if (reply.code().equals("stream_ended")) {
      var told = reply.json();
      var outcome = GatewayViews.outcome(told.text("outcome")).orElse(Outcome.INTERRUPTED);
      over(outcome, told.text("reason"));
      awaitOutcome();
    } else {
      log.error("remote.refused stream={} status={} code={}", id, reply.status(), reply.code());
      undecided(String.valueOf(GatewayException.refused(reply).getMessage()));
    }
  }

  /** Its end is decided, and perhaps not on the disk yet. */
  private void awaitOutcome() throws InterruptedException {
    long waitMs = ASK_AGAIN_MS / 4;
    while (!settled) {
      var reply = insist(Call.get("/api/streams/" + id.value(), owner));
      if (reply.status() != 200) {
        undecided(String.valueOf(GatewayException.refused(reply).getMessage()));
        return;
      }
      var view = GatewayViews.stream(reply.json());
      if (view.outcome() != null) {
        ended(view);
        return;
      }
      pause(waitMs);
      waitMs = Math.min(ASK_AGAIN_MAX_MS, 2 * waitMs);
    }
  }

  private void over(Outcome outcome, String reason) {
    if (draft != null) {
      draft.over(outcome, reason);
    }
  }

  private void ended(StreamView view) {
    settled = true;
    var outcome = view.outcome();
    if (outcome != null) {
      over(outcome, view.reason());
    }
    if (answer != null) {
      answer.ended(view);
    }
    backend.ended(this, view, owner);
  }

  /** This process does not learn how it ends. On any thread. */
  void undecided(String why) {
    settled = true;
    if (answer != null) {
      answer.undecided(why);
    }
    backend.left(this);
  }

  // --- asking

  /** What may wait, and be interrupted. */
  private interface Asking {
    void run() throws InterruptedException;
  }

  private void asking(Asking asking) {
    try {
      asking.run();
    } catch (InterruptedException | LastwordClosedException e) {
      over = true; // whoever closes says what has become of it
    } catch (RuntimeException e) { // the gateway's, or of whoever knows credentials
      over = true;
      log.error("remote.lost stream={} cause={}", id, e.toString());
      undecided(String.valueOf(e.getMessage()));
    }
  }

  private Reply insist(Call call) throws InterruptedException {
    var reply = client.insist(call);
    heardNanos = System.nanoTime();
    return reply;
  }

  private Call events(String path, long first, EncodedEvents events) {
    var body = ByteBuffer.allocate(events.lengthWithUpstreamIds());
    events.writeWithUpstreamIds(body);
    return new Call(
        "POST",
        path,
        owner,
        Map.of("Content-Type", "text/event-stream", "Lastword-Sequence", Long.toString(first)),
        body.array());
  }

  private static void pause(long ms) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(Math.max(1, Math.min(ms, ASK_AGAIN_MAX_MS)));
  }
}
