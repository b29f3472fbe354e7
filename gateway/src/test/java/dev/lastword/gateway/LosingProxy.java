package dev.lastword.gateway;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Passes requests on to a server and answers on to clients, and loses some of the answers. */
final class LosingProxy implements AutoCloseable {
  private static final List<String> PASSED =
      List.of(
          "authorization",
          "content-type",
          "lastword-producer",
          "lastword-sequence",
          "lastword-stream",
          "lastword-conversation");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private final String to;
  private final int everyNth;
  private final AtomicInteger answers = new AtomicInteger();
  private final List<String> lost = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  private LosingProxy(HttpServer server, String to, int everyNth) {
    this.server = server;
    this.to = to;
    this.everyNth = everyNth;
  }

  /**
   * Starts one.
   *
   * @param everyNth of how many answers the first is lost; 0 for none
   */
  static LosingProxy to(String url, int everyNth) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var proxy = new LosingProxy(server, url, everyNth);
    server.setExecutor(proxy.threads);
    server.createContext("/", proxy::pass);
    server.start();
    return proxy;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Loses the answer of the next request of a method as well. */
  void loseNext(String method) {
    lost.add(method);
  }

  /** Methods and paths of what was asked, those included whose answers were lost. */
  List<String> requests() {
    return requests;
  }

  private void pass(HttpExchange exchange) throws IOException {
    try (exchange) {
      var asked = exchange.getRequestURI().toString();
      requests.add(exchange.getRequestMethod() + " " + asked);
      var body = exchange.getRequestBody().readAllBytes();
      var request =
          HttpRequest.newBuilder(URI.create(to + asked))
              .method(exchange.getRequestMethod(), BodyPublishers.ofByteArray(body));
      for (var name : PASSED) {
        var value = exchange.getRequestHeaders().getFirst(name);
        if (value != null) {
          request.header(name, value);
        }
      }
      var answer = client.send(request.build(), BodyHandlers.ofByteArray());
      if (lost.remove(exchange.getRequestMethod())) {
        return;
      }
      if (everyNth > 0 && answers.getAndIncrement() % everyNth == 0) {
        return; // closed without a word
      }
      exchange.sendResponseHeaders(
          answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
      if (answer.body().length > 0) {
        exchange.getResponseBody().write(answer.body());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    server.stop(0);
    client.shutdownNow();
  }
}
