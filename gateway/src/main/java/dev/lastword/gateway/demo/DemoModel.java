package dev.lastword.gateway.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * An OpenAI-compatible endpoint with scripted answers, for the demo and for tests: {@code POST
 * /v1/chat/completions} (streamed or not, one choice) and {@code GET /v1/models}. It listens on
 * loopback only, takes any model name and any credentials, and writes at the pace of a model.
 */
public final class DemoModel implements AutoCloseable {
  /** The name that {@code /v1/models} lists. */
  public static final String NAME = "lastword-demo";

  private static final int REQUEST_BYTES_MAX = 4 << 20;

  static {
    // Each token is one small write. Read once, when the first HttpServer of the process is made.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final DemoScripts scripts = new DemoScripts();
  private final AtomicInteger generating = new AtomicInteger();
  private final Duration tokenInterval;

  private DemoModel(HttpServer server, Duration tokenInterval) {
    this.server = server;
    this.tokenInterval = tokenInterval;
  }

  /**
   * Starts the endpoint.
   *
   * @param port 0 for any free one
   * @param tokenInterval time from token to token, such as 40 ms; zero writes as fast as it is read
   * @throws IOException if the port is taken
   */
  public static DemoModel start(int port, Duration tokenInterval) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    var model = new DemoModel(HttpServer.create(address, 0), tokenInterval);
    model.server.setExecutor(model.threads);
    model.server.createContext("/", model::handle);
    model.server.start();
    return model;
  }

  /** Where it listens, such as {@code http://127.0.0.1:41233}; without a path. */
  public URI url() {
    var address = server.getAddress();
    return URI.create("http://" + address.getHostString() + ":" + address.getPort());
  }

  /** How many streamed answers are being written right now. */
  public int generating() {
    return generating.get();
  }

  /** Stops at once: answers that are being written are cut. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      route(exchange);
    }
  }

  private void route(HttpExchange exchange) throws IOException {
    var request = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
    try {
      switch (request) {
        case "POST /v1/chat/completions" -> complete(exchange);
        case "GET /v1/models" -> respond(exchange, 200, models());
        default -> respond(exchange, 404, error("There is no " + request, null));
      }
    } catch (ChatCompletion.RefusedException e) {
      respond(exchange, 400, error(e.why(), e.param()));
    }
  }

  private void complete(HttpExchange exchange) throws IOException, ChatCompletion.RefusedException {
    var body = exchange.getRequestBody().readNBytes(REQUEST_BYTES_MAX + 1);
    if (body.length > REQUEST_BYTES_MAX) {
      throw new ChatCompletion.RefusedException("the request takes more than 4 MiB", null);
    }
    var completion = ChatCompletion.of(body, scripts);
    if (completion.streamed()) {
      stream(exchange, completion);
    } else {
      respond(exchange, 200, completion.whole());
    }
  }

  private void stream(HttpExchange exchange, ChatCompletion completion) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
    exchange.getResponseHeaders().set("Cache-Control", "no-cache");
    exchange.sendResponseHeaders(200, 0);
    generating.incrementAndGet();
    try (var out = exchange.getResponseBody()) {
      long due = System.nanoTime();
      for (var chunk : completion.chunks()) {
        // A reader that has gone shows in a write that fails, and ends the loop.
        out.write(("data: " + chunk + "\n\n").getBytes(UTF_8));
        out.flush();
        due += tokenInterval.toNanos();
        LockSupport.parkNanos(due - System.nanoTime());
      }
      out.write("data: [DONE]\n\n".getBytes(UTF_8));
    } finally {
      generating.decrementAndGet();
    }
  }

  private static void respond(HttpExchange exchange, int status, ObjectNode body)
      throws IOException {
    var bytes = body.toString().getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static ObjectNode models() {
    var models = JsonNodeFactory.instance.objectNode().put("object", "list");
    models.putArray("data").addObject().put("id", NAME).put("object", "model").put("created", 0);
    return models;
  }

  private static ObjectNode error(String message, @Nullable String param) {
    var body = JsonNodeFactory.instance.objectNode();
    body.putObject("error")
        .put("message", message)
        .put("type", "invalid_request_error")
        .put("param", param)
        .putNull("code");
    return body;
  }
}
