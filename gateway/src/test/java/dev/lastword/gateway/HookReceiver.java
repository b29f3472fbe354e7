package dev.lastword.gateway;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** An application's endpoint for save hooks. It answers each call as it is told to, in order. */
final class HookReceiver implements AutoCloseable {
  /** A call that it has had. */
  record Received(String id, String signature, String text) {
    JsonNode data() {
      return TestGateway.read(text).get("data");
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Received> calls = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Integer> answers = new LinkedBlockingQueue<>();
  private volatile int always;

  private HookReceiver(HttpServer server) {
    this.server = server;
  }

  /** One that answers nothing until it is told to. */
  static HookReceiver start() throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var receiver = new HookReceiver(server);
    server.setExecutor(receiver.threads);
    server.createContext(
        "/",
        exchange -> {
          var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          var fields = exchange.getRequestHeaders();
          receiver.calls.add(
              new Received(
                  fields.getFirst("webhook-id"), fields.getFirst("webhook-signature"), body));
          try (exchange) {
            exchange.sendResponseHeaders(receiver.next(), -1);
          }
        });
    server.start();
    return receiver;
  }

  private int next() {
    try {
      while (true) {
        var answer =
            always != 0 ? Integer.valueOf(always) : answers.poll(10, TimeUnit.MILLISECONDS);
        if (answer != null) {
          return answer;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 503;
    }
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/saved";
  }

  List<Received> calls() {
    return calls;
  }

  /** The next call that waits, or comes, is answered so. */
  HookReceiver answer(int status) {
    answers.add(status);
    return this;
  }

  /** All that wait, or come, are answered so; 0 for none. */
  HookReceiver answerAll(int status) {
    always = status;
    return this;
  }

  @Override
  public void close() {
    threads.shutdownNow();
    server.stop(0);
  }
}
