package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How long a stranger waits to hear that there is no such stream, of one that is another's and of
/// one that is not there.
@Command(
    name = "strangers",
    sortOptions = false,
    description =
        "How long a stranger waits for 404: for another's stream that runs, one that rests, and none.")
final class StrangersCommand implements Callable<Integer> {
  private static final String OWNER = "Bearer owner";
  private static final String NOBODYS = "AAAAAAAAAAAAAAAAAAAAAAAA";
  private static final String EVENT =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\"},\"finish_reason\":null}]}\n\n";

  @Mixin LoadOptions options = new LoadOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "this text")
  boolean help;

  @Option(
      names = "--requests",
      defaultValue = "20000",
      description = "requests for each of the three, in turns at random (${DEFAULT-VALUE})")
  int requests = 20_000;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var report =
        Report.titled("Strangers")
            .paragraph(
                String.format(
                    Locale.ROOT,
                    "From `GET /v1/stream/{id}` with another's credentials to the end of its 404, on one kept connection; %,d"
                        + " requests for each id, mixed at random; microseconds.",
                    requests))
            .row("the stream", "p10", "p50", "p90");
    var dir = Files.createTempDirectory("lastword-bench-");
    var end = new CountDownLatch(1);
    var source = source(end);
    try (var children = new Children()) {
      var system =
          SystemUnderTest.gateway(
              SystemUnderTest.LASTWORD,
              children,
              options.gatewayCommand(SystemUnderTest.LASTWORD),
              source.getAddress().getPort(),
              dir);
      var names = List.of("is not there", "runs, and is another's", "rests, and is another's");
      var ids = List.of(NOBODYS, begin(system.port(), "/running"), begin(system.port(), "/whole"));
      var micros =
          new RequestTurns(requests)
              .micros(system.port(), ids.stream().map(StrangersCommand::asked).toList());
      for (int i = 0; i < names.size(); i++) {
        var sorted = micros.get(i);
        report.row(
            names.get(i),
            RequestTurns.at(sorted, 0.1),
            RequestTurns.at(sorted, 0.5),
            RequestTurns.at(sorted, 0.9));
      }
    } finally {
      end.countDown();
      source.stop(0);
      LoadRig.deleteAll(dir);
    }
    report.publish(options);
    return 0;
  }

  /// Answers `/whole` with a whole answer, and `/running` with one that goes on until the end.
  private static HttpServer source(CountDownLatch end) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/whole", exchange -> answer(exchange, new CountDownLatch(0)));
    server.createContext("/running", exchange -> answer(exchange, end));
    server.start();
    return server;
  }

  private static void answer(HttpExchange exchange, CountDownLatch end) throws IOException {
    exchange.getRequestBody().readAllBytes();
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (var body = exchange.getResponseBody()) {
      body.write(EVENT.getBytes(US_ASCII));
      body.flush();
      end.await();
      body.write("data: [DONE]\n\n".getBytes(US_ASCII));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Begins a stream of the owner's, and leaves it; its id.
  private static String begin(int port, String path) throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
              .header("Authorization", OWNER)
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      var answer = client.send(request, BodyHandlers.ofInputStream());
      try (var body = answer.body()) {
        if (path.equals("/whole")) {
          body.readAllBytes();
        }
      }
      client.shutdownNow();
      return answer.headers().firstValue("Lastword-Stream").orElseThrow();
    }
  }

  private static RequestTurns.Kind asked(String id) {
    var request =
        "GET /v1/stream/"
            + id
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer stranger\r\n\r\n";
    return new RequestTurns.Kind(() -> request, 404);
  }
}
