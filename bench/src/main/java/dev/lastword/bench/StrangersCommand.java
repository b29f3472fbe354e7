package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
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
      var micros = measure(system.port(), ids);
      for (int i = 0; i < names.size(); i++) {
        var sorted = micros.get(i);
        Arrays.sort(sorted);
        report.row(names.get(i), at(sorted, 0.1), at(sorted, 0.5), at(sorted, 0.9));
      }
    } finally {
      end.countDown();
      source.stop(0);
      LoadRig.deleteAll(dir);
    }
    report.publish(options);
    return 0;
  }

  private static String at(double[] sorted, double part) {
    return String.format(Locale.ROOT, "%.0f", sorted[(int) (part * (sorted.length - 1))]);
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

  private List<double[]> measure(int port, List<String> ids) throws IOException {
    var order = new ArrayList<Integer>();
    for (int i = 0; i < ids.size(); i++) {
      order.addAll(Collections.nCopies(requests, i));
    }
    Collections.shuffle(order, new Random(1));
    var micros = new ArrayList<double[]>();
    ids.forEach(id -> micros.add(new double[requests]));
    var counts = new int[ids.size()];
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      var in = new BufferedInputStream(socket.getInputStream());
      for (int warmup = 0; warmup < requests; warmup++) {
        ask(socket, in, ids.get(warmup % ids.size()));
      }
      for (int i : order) {
        long before = System.nanoTime();
        ask(socket, in, ids.get(i));
        micros.get(i)[counts[i]++] = (System.nanoTime() - before) / 1e3;
      }
    }
    return micros;
  }

  private static void ask(Socket socket, InputStream in, String id) throws IOException {
    var request =
        "GET /v1/stream/"
            + id
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer stranger\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(US_ASCII));
    var status = line(in);
    if (!status.startsWith("HTTP/1.1 404")) {
      throw new IllegalStateException("a stranger is answered: " + status);
    }
    int length = 0;
    for (var field = line(in); !field.isEmpty(); field = line(in)) {
      if (field.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(field.substring(field.indexOf(':') + 1).strip());
      }
    }
    in.readNBytes(length);
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("the gateway closed the connection");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }
}
