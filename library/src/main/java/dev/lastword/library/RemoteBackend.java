package dev.lastword.library;

import dev.lastword.journal.Journal;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.GatewayClient.Call;
import dev.lastword.library.GatewayClient.Reply;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.DeleteResult;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveResult;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Turn;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway keeps the answers, which this process writes and saves. */
final class RemoteBackend implements Backend {
  private static final Logger log = LoggerFactory.getLogger(RemoteBackend.class);

  private static final long LOOK_MS = 250;

  /** How long answers have for their end when this is closed, after the grace. */
  private static final long LEAVE_MS = 5_000;

  private static final int PAGE = 200;
  private static final int CONVERSATION_LENGTH_MAX = 200;
  private static final Duration HEALTH_TIMEOUT = Duration.ofSeconds(5);

  private final GatewayClient client;
  private final Savers savers;
  private final RemoteSaving saving;
  private final Options options;
  private final boolean picksUp;
  private final ExecutorService io = Executors.newVirtualThreadPerTaskExecutor();

  /** Those whose outcome is not known yet. */
  private final Set<RemoteOutlet> outlets = ConcurrentHashMap.newKeySet();

  private final CountDownLatch closing = new CountDownLatch(1);

  /** No answer is open any more, or may go on. */
  private final CountDownLatch left = new CountDownLatch(1);

  private boolean closed;

  /**
   * What it is opened with.
   *
   * @param saver registered for answers that are sealed without one
   * @param application by which its processes find what another has left to be saved
   * @param pickUp how often it is looked for that
   * @param heartbeat after how long a silence readers are given a comment
   * @param grace how long open answers go on when this is closed
   */
  record Options(
      Optional<Saver> saver,
      String application,
      Duration pickUp,
      Duration heartbeat,
      Duration grace) {}

  /**
   * @param picksUp whether {@link Owner#ALL} can be asked for
   */
  RemoteBackend(GatewayClient client, Options options, boolean picksUp) {
    this.client = client;
    this.options = options;
    this.picksUp = picksUp && options.saver().isPresent();
    this.savers = new Savers(options.saver(), io);
    this.saving = new RemoteSaving(client, savers);
    io.execute(this::beats);
    if (this.picksUp) {
      io.execute(this::picksUp);
    }
  }

  GatewayClient client() {
    return client;
  }

  RemoteSaving saving() {
    return saving;
  }

  // --- what goes on by itself

  private void beats() {
    try {
      while (!left.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
        outlets.forEach(RemoteOutlet::beat);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Saves what other processes of the application have left, those before this one as well. */
  private void picksUp() {
    try {
      do {
        try {
          pickUp();
        } catch (LastwordClosedException e) {
          return;
        } catch (RuntimeException e) { // the gateway's refusal, or of whoever knows credentials
          log.warn("remote.pick_up_failed cause={}", e.toString());
        }
      } while (!closing.await(options.pickUp().toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void pickUp() throws InterruptedException {
    if (!client.knows(Owner.ALL)) {
      return;
    }
    var reply =
        client.ask(
            Call.get(
                "/api/streams?limit=" + PAGE + "&awaits=" + encoded(options.application()),
                Owner.ALL));
    if (!reply.isOk()) {
      throw GatewayException.refused(reply);
    }
    for (var stream : reply.json().objects("streams")) {
      var id = GatewayViews.stream(stream).id();
      if (outlets.stream().noneMatch(outlet -> outlet.id().equals(id))) {
        saveLater(id, Owner.ALL);
      }
    }
  }

  /** Does something aside, as long as this is open. */
  void aside(Runnable task) {
    try {
      io.execute(task);
    } catch (RejectedExecutionException e) {
      log.debug("remote.closed", e); // nothing is asked any more
    }
  }

  private void saveLater(StreamId id, Owner owner) {
    aside(
        () -> {
          try {
            saving.take(id, owner);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } catch (LastwordClosedException e) {
            log.debug("remote.closed", e);
          } catch (GatewayException e) {
            log.warn("remote.not_saved stream={} cause={}", id, e.getMessage());
          }
        });
  }

  /** An answer has its outcome; what is no success is saved behind its readers' backs. */
  void ended(RemoteOutlet outlet, StreamView view, Owner owner) {
    left(outlet);
    if (options.saver().isPresent() && view.outcome() != Outcome.COMPLETED) {
      saveLater(view.id(), owner);
    }
  }

  /** An answer needs nothing more of this process. */
  void left(RemoteOutlet outlet) {
    outlets.remove(outlet);
  }

  /** What may wait, and be interrupted. */
  interface Asked<T> {
    T get() throws InterruptedException;
  }

  // --- what is asked

  @Override
  public Optional<Saver> saver() {
    return options.saver();
  }

  @Override
  public Answer open(AnswerRequest request) {
    var opening = opening(request);
    return waiting(
        "the answer to be opened",
        () -> {
          try {
            return opened(client.ask(opening), request);
          } catch (InterruptedException e) {
            aside(() -> leave(opening, request));
            throw e;
          }
        });
  }

  /**
   * Whoever opened it has gone, and nobody knows whether there is one: opened again, it is left.
   */
  private void leave(Call opening, AnswerRequest request) {
    try {
      opened(client.ask(opening), request).close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) { // the gateway's, or of whoever knows credentials
      log.debug("remote.not_left cause={}", e.toString());
    }
  }

  private Answer opened(Reply reply, AnswerRequest request) {
    if (!reply.isOk()) {
      throw notOpened(reply);
    }
    var said = reply.json();
    saving.lease(said.number("leaseMs"));
    var id = StreamId.parse(said.text("stream")).orElseThrow(() -> GatewayException.refused(reply));
    var tasks = new SerialTasks(io);
    var outlet = new RemoteOutlet(this, id, request.owner(), tasks, said.number("leaseMs"));
    var draft = new Draft(id, outlet, request.dialect(), (int) said.number("eventBytesMax"), tasks);
    var answer = new Answer(draft, savers, io);
    outlet.of(draft, answer);
    outlets.add(outlet);
    if (client.isClosed()) {
      outlet.undecided("this Lastword was closed");
      throw new LastwordClosedException();
    }
    return answer;
  }

  private Call opening(AnswerRequest request) {
    var id = request.id().orElseGet(StreamId::random);
    var fields = new HashMap<String, String>();
    fields.put("Content-Type", "application/json");
    fields.put("Lastword-Stream", id.value());
    var attributes = new HashMap<>(request.attributes());
    var conversation = attributes.remove(Attributes.CONVERSATION);
    if (conversation != null && !isConversation(conversation)) {
      throw new IllegalArgumentException(
          "conversation: a gateway's is 1 to %d characters, none of them a control character"
              .formatted(CONVERSATION_LENGTH_MAX));
    }
    var model = attributes.remove(Attributes.MODEL);
    var input = attributes.remove(Attributes.INPUT);
    if (!request.owner().value().isEmpty()) {
      attributes.put(Attributes.OWNER, request.owner().value()); // the gateway's is another name
    }
    var json =
        JsonObject.write(
            out -> {
              out.writeStringProperty("dialect", request.dialect().name());
              out.writeStringProperty("saves", options.saver().isPresent() ? "all" : "completed");
              out.writeStringProperty("application", options.application());
              out.writeStringProperty("opening", StreamId.random().value());
              if (conversation != null) {
                out.writeStringProperty("conversation", conversation);
              }
              if (model != null) {
                out.writeStringProperty("model", model);
              }
              if (input != null) {
                out.writeStringProperty("input", input);
              }
              out.writeObjectPropertyStart("attributes");
              attributes.forEach(out::writeStringProperty);
              out.writeEndObject();
            });
    return new Call(
        "POST", "/api/streams", request.owner(), fields, json.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean isConversation(String key) {
    return !key.isEmpty()
        && key.length() <= CONVERSATION_LENGTH_MAX
        && key.codePoints()
            .noneMatch(
                c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
  }

  private static RuntimeException notOpened(Reply reply) {
    int limit = limit(reply);
    Optional<OpenRefusal> why =
        switch (reply.code()) {
          case "stream_id_taken", "stream_ended" -> Optional.of(new OpenRefusal.IdTaken());
          case "draining" -> Optional.of(new OpenRefusal.Draining());
          case "overloaded", "too_many_streams_of_owner", "too_many_starts_of_owner" ->
              Optional.of(new OpenRefusal.Overloaded(limit));
          case "memory_full", "heap_full" -> Optional.of(new OpenRefusal.MemoryFull(limit));
          case "disk_full" -> Optional.of(new OpenRefusal.DiskFull());
          case "journal_blocked" -> Optional.of(new OpenRefusal.JournalBlocked());
          case "journal_closed" -> Optional.of(new OpenRefusal.JournalClosed(reply.detail()));
          case "archive_failed" -> Optional.of(new OpenRefusal.ArchiveFailed());
          case "request_too_large", "body_too_large" ->
              Optional.of(new OpenRefusal.TooLarge(limit));
          default -> Optional.empty();
        };
    return why.<RuntimeException>map(NotOpenedException::new)
        .orElseGet(() -> GatewayException.refused(reply));
  }

  private static int limit(Reply reply) {
    return (int) Math.min(Integer.MAX_VALUE, reply.json().number("limit"));
  }

  @Override
  public Optional<Reading> read(StreamId id, Owner owner, String lastEventId) {
    if (!lastEventId.isEmpty() && !GatewayViews.isEventId(lastEventId)) {
      if (find(id, owner).isEmpty()) {
        return Optional.empty();
      }
      throw unknownEvent(id);
    }
    Map<String, String> fields =
        lastEventId.isEmpty() ? Map.of() : Map.of("Last-Event-ID", lastEventId);
    var call = new Call("HEAD", "/v1/stream/" + id.value(), owner, fields, new byte[0]);
    var head = waiting("the stream to be found", () -> client.ask(call));
    var outcome = GatewayViews.outcome(head.headers().firstValue("Lastword-Outcome").orElse(""));
    return switch (head.status()) {
      case 200 -> Optional.of(reading(id, owner, lastEventId));
      case 204 -> Optional.of(new Reading(new RemoteReading.Over(outcome), io));
      case 404 -> Optional.empty();
      case 400, 410 -> throw unknownEvent(id);
      default ->
          throw new GatewayException(
              head.status(), "", "the gateway answered " + head.status(), null);
    };
  }

  private Reading reading(StreamId id, Owner owner, String lastEventId) {
    try {
      return new Reading(
          new RemoteReading(this, id, owner, lastEventId, options.heartbeat(), io), io);
    } catch (RejectedExecutionException e) {
      throw closed(e);
    }
  }

  private static LastwordClosedException closed(RejectedExecutionException cause) {
    var closed = new LastwordClosedException();
    closed.initCause(cause);
    return closed;
  }

  private static UnknownEventException unknownEvent(StreamId id) {
    return new UnknownEventException("the last event ID is none of stream " + id);
  }

  @Override
  public Optional<StreamView> find(StreamId id, Owner owner) {
    var reply = asked(Call.get("/api/streams/" + id.value(), owner), 200, 404);
    return reply.isOk() ? Optional.of(GatewayViews.stream(reply.json())) : Optional.empty();
  }

  @Override
  public CancelResult cancel(StreamId id, Owner owner) {
    var reply = asked(Call.post("/api/streams/" + id.value() + "/cancel", owner), 200, 404, 409);
    return switch (reply.status()) {
      case 200 -> new CancelResult.Cancelled(GatewayViews.stream(reply.json()));
      case 409 -> new CancelResult.Ended(GatewayViews.stream(reply.json()));
      default -> new CancelResult.Unknown();
    };
  }

  @Override
  public DeleteResult delete(StreamId id, Owner owner) {
    var before = find(id, owner);
    var call = new Call("DELETE", "/api/streams/" + id.value(), owner, Map.of(), new byte[0]);
    var reply = asked(call, 204, 404, 409);
    if (reply.status() == 409) {
      return DeleteResult.PENDING;
    }
    before.ifPresent(view -> savers.forget(id, view.createdMs()));
    boolean gone = reply.status() == 404 && before.isEmpty(); // else perhaps by this very request
    return gone ? DeleteResult.UNKNOWN : DeleteResult.DELETED;
  }

  @Override
  public Optional<String> response(StreamId id, Owner owner) {
    var reply = asked(Call.get("/api/streams/" + id.value() + "/response", owner), 200, 404);
    return reply.isOk() ? Optional.of(reply.body()) : Optional.empty();
  }

  @Override
  public List<StreamView> list(Owner owner, StreamQuery query) {
    var path = new StringBuilder("/api/streams?limit=" + query.limit());
    if (query.state() != null) {
      path.append("&state=").append(query.state());
    }
    if (query.outcome() != null) {
      path.append("&outcome=").append(query.outcome().word());
    }
    if (query.conversation() != null) {
      path.append("&conversation=").append(encoded(query.conversation()));
    }
    if (query.saved() != null) {
      path.append("&saved=").append(query.saved());
    }
    var before = query.before();
    if (before != null) {
      path.append("&before=").append(before.createdMs()).append('.').append(before.id().value());
    }
    return asked(Call.get(path.toString(), owner), 200).json().objects("streams").stream()
        .map(GatewayViews::stream)
        .toList();
  }

  /** The turns and the streams that they are of are asked for apart: who is in both is told of. */
  @Override
  public List<Turn> conversation(String key, Owner owner, int limit) {
    if (!isConversation(key)) {
      return List.of();
    }
    var turns = asked(Call.get("/api/conversations/" + encoded(key), owner), 200, 404);
    if (!turns.isOk()) {
      return List.of();
    }
    var views = new HashMap<String, StreamView>();
    list(owner, new StreamQuery(null, null, key, null, null, 1_000))
        .forEach(view -> views.put(view.id().value(), view));
    var all =
        turns.json().objects("turns").stream()
            .flatMap(
                turn ->
                    Optional.ofNullable(views.get(turn.text("stream")))
                        .map(view -> turn(turn, view))
                        .stream())
            .toList();
    return all.subList(Math.max(0, all.size() - limit), all.size());
  }

  private static Turn turn(JsonObject json, StreamView view) {
    return new Turn(
        GatewayViews.with(view, Attributes.INPUT, json.text("input")),
        json.text("text"),
        said(json, "finishReason"),
        said(json, "unreadable"));
  }

  private static @Nullable String said(JsonObject json, String name) {
    var value = json.text(name);
    return value.isEmpty() ? null : value;
  }

  /** The gateway asks its hooks once more, of which this process is one. */
  @Override
  public SaveResult saveAgain(StreamId id, Owner owner) {
    var asking = new CountDownLatch(1);
    if (options.saver().isPresent()) {
      aside(() -> beSaver(id, owner, asking));
    }
    try {
      var reply =
          asked(Call.post("/api/streams/" + id.value() + "/save", owner), 200, 404, 409, 502);
      return switch (reply.status()) {
        case 200 -> new SaveResult.Saved(GatewayViews.stream(reply.json()));
        case 409 -> new SaveResult.Pending(GatewayViews.stream(reply.json()));
        case 404 -> new SaveResult.Unknown();
        default ->
            find(id, owner)
                .<SaveResult>map(
                    view ->
                        new SaveResult.Unsaved(
                            view,
                            new SaveException(SaveException.Kind.UNREACHABLE, reply.detail())))
                .orElseGet(SaveResult.Unknown::new);
      };
    } finally {
      asking.countDown();
    }
  }

  private void beSaver(StreamId id, Owner owner, CountDownLatch asking) {
    try {
      do {
        saving.take(id, owner);
      } while (!asking.await(LOOK_MS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (GatewayException | LastwordClosedException e) {
      log.warn("remote.not_saved stream={} cause={}", id, e.getMessage());
    }
  }

  /** One that cannot be reached takes nothing; whoever asks for this does not want to wait. */
  @Override
  public Journal.Health health() {
    try {
      var reply = waiting("its health", () -> client.glance("/healthz", HEALTH_TIMEOUT));
      return switch (reply.json().text("journal")) {
        case "open" -> Journal.Health.OPEN;
        case "full" -> Journal.Health.FULL;
        default -> Journal.Health.CLOSED;
      };
    } catch (GatewayException | LastwordClosedException e) {
      return Journal.Health.CLOSED;
    }
  }

  @Override
  public int open() {
    return outlets.size();
  }

  private Reply asked(Call call, int... statuses) {
    var reply = waiting("an answer", () -> client.ask(call));
    for (int status : statuses) {
      if (reply.status() == status) {
        return reply;
      }
    }
    throw GatewayException.refused(reply);
  }

  private static <T> T waiting(String what, Asked<T> asking) {
    try {
      return asking.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitInterruptedException("interrupted while waiting for " + what);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8)
        .replace("+", "%20")
        .replace(".", "%2E"); // nor is a path of dots a direction
  }

  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    closing.countDown();
    boolean interrupted = awaitOutlets(options.grace().toMillis());
    outlets.forEach(RemoteOutlet::interrupt);
    interrupted |= awaitOutlets(LEAVE_MS);
    left.countDown();
    client.close();
    io.shutdownNow();
    for (var outlet : outlets) {
      outlet.undecided("this Lastword was closed: the gateway decides the answer");
    }
    outlets.clear();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the thread was interrupted meanwhile. */
  private boolean awaitOutlets(long ms) {
    long untilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    try {
      while (!outlets.isEmpty() && System.nanoTime() - untilNanos < 0) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }
}
