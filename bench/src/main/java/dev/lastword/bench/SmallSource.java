package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.Executors;

/// An upstream whose answers are told as a program: what a load is not measured with.
final class SmallSource implements AutoCloseable {
  /// A piece of an answer in OpenAI's chat completions.
  static final String PIECE =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"},\"finish_reason\":null}]}\n\n";

  static final String DONE = "data: [DONE]\n\n";

  /// Says an answer.
  interface Answer {
    /// @param target path and query that were asked for
    void say(String target, Body body) throws IOException, InterruptedException;
  }

  /// What is said, each piece at once.
  record Body(OutputStream out) {
    void say(String text) throws IOException {
      out.write(text.getBytes(US_ASCII));
      out.flush();
    }
  }

  private final HttpServer server;

  private SmallSource(HttpServer server) {
    this.server = server;
  }

  static SmallSource start(Answer answer) throws IOException {
    var server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> answer(exchange, answer));
    server.start();
    return new SmallSource(server);
  }

  private static void answer(HttpExchange exchange, Answer answer) throws IOException {
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (var body = exchange.getResponseBody()) {
      answer.say(exchange.getRequestURI().toString(), new Body(body));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  /// Begins a stream at a gateway, and leaves it when its first bytes are there; its id.
  ///
  /// @param body JSON
  /// @param fields of the request's head, names and values
  static String begin(int port, String path, String body, String... fields)
      throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body));
      if (fields.length > 0) {
        request.headers(fields);
      }
      var answer = client.send(request.build(), BodyHandlers.ofInputStream());
      answer.body().close();
      client.shutdownNow();
      return answer.headers().firstValue("Lastword-Stream").orElseThrow();
    }
  }
}
