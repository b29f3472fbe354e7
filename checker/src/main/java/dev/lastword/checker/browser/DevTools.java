package dev.lastword.checker.browser;

import dev.lastword.checker.template.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The browser's DevTools protocol over one WebSocket, its targets told apart by sessions. */
final class DevTools implements AutoCloseable {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(LIMIT).build();
  private final WebSocket socket;
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, CompletableFuture<JsonNode>> calls = new ConcurrentHashMap<>();
  private final Map<String, BiConsumer<String, JsonNode>> sessions = new ConcurrentHashMap<>();

  DevTools(URI uri) throws IOException, InterruptedException {
    try {
      this.socket =
          client
              .newWebSocketBuilder()
              .buildAsync(uri, new Messages())
              .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      client.shutdownNow();
      throw new IOException("the browser does not let itself be driven", e);
    }
  }

  /**
   * Hears what happens in a session, on the thread that reads the socket: it must not call.
   *
   * @param hears gets the event's name and its parameters
   */
  void listen(String session, BiConsumer<String, JsonNode> hears) {
    sessions.put(session, hears);
  }

  void forget(String session) {
    sessions.remove(session);
  }

  /**
   * Calls a method and waits for its result.
   *
   * @param session the target's; {@code ""} for the browser itself
   * @throws IOException if the browser says no, or nothing
   */
  JsonNode call(String session, String method, Map<String, ?> parameters)
      throws IOException, InterruptedException {
    try {
      return send(session, method, parameters).get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException("the browser refuses " + method + ": " + e.getCause(), e);
    } catch (TimeoutException e) {
      throw new IOException("the browser does not answer " + method, e);
    }
  }

  /** Calls a method, whatever comes of it. */
  void tell(String session, String method, Map<String, ?> parameters) {
    var unused = send(session, method, parameters);
  }

  private CompletableFuture<JsonNode> send(
      String session, String method, Map<String, ?> parameters) {
    long id = ids.incrementAndGet();
    var message = new LinkedHashMap<String, Object>();
    message.put("id", id);
    message.put("method", method);
    message.put("params", parameters);
    if (!session.isEmpty()) {
      message.put("sessionId", session);
    }
    var result = new CompletableFuture<JsonNode>();
    calls.put(id, result);
    try {
      write(MAPPER.writeValueAsString(message));
    } catch (CompletionException e) {
      result.completeExceptionally(e);
    }
    return result;
  }

  /** One message after the other: the socket takes no second one before the first is gone. */
  private synchronized void write(String text) {
    socket.sendText(text, true).join();
  }

  @Override
  public void close() {
    socket.abort();
    client.shutdownNow();
  }

  private void received(String text) {
    var message = Json.parse(text).orElseThrow();
    if (message.has("id")) {
      var call = calls.remove(message.path("id").asLong());
      if (call != null) {
        answered(call, message);
      }
      return;
    }
    var hears = sessions.get(message.path("sessionId").asString(""));
    if (hears != null) {
      hears.accept(message.path("method").asString(""), message.path("params"));
    }
  }

  private static void answered(CompletableFuture<JsonNode> call, JsonNode message) {
    if (message.has("error")) {
      call.completeExceptionally(
          new IOException(message.path("error").path("message").asString("no reason")));
    } else {
      call.complete(message.path("result"));
    }
  }

  private final class Messages implements WebSocket.Listener {
    private final StringBuilder parts = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(
        WebSocket webSocket, CharSequence data, boolean isLast) {
      parts.append(data);
      if (isLast) {
        var text = parts.toString();
        parts.setLength(0);
        received(text);
      }
      webSocket.request(1);
      return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
      failAll(error);
    }

    @Override
    public @Nullable CompletionStage<?> onClose(
        WebSocket webSocket, int statusCode, String reason) {
      failAll(new IOException("the browser has ended"));
      return null;
    }

    private void failAll(Throwable error) {
      calls.values().forEach(call -> call.completeExceptionally(error));
    }
  }
}
