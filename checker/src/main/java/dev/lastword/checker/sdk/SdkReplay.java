package dev.lastword.checker.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lastword.checker.template.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Plays a recorded stream to real SDKs, from a server of our own on the loopback interface. */
public final class SdkReplay {
  private static final int LIMIT_SECONDS = 90;
  private static final String UI_STREAM_HEADER = "x-vercel-ai-ui-message-stream";

  private final Path node;
  private final Path folder;

  /**
   * @param node the program that runs the SDKs
   * @param folder the one that holds their {@code node_modules}
   */
  public SdkReplay(Path node, Path folder) {
    this.node = node;
    this.folder = folder;
  }

  /**
   * What one SDK read.
   *
   * @param sdk name and version, such as {@code openai 7.57.0}
   * @param use how it was asked
   * @param text the answer, {@code ""} if it failed
   * @param error what it threw, {@code ""} if nothing
   */
  public record Heard(String sdk, String use, String text, String error) {
    @Override
    public String toString() {
      return sdk + " (" + use + ")";
    }
  }

  /**
   * Plays a stream to every SDK of its dialect that the folder holds.
   *
   * @param bytes the body
   * @param pieces how many bytes are written at a time; the rest is written at the end
   * @throws IOException if Node.js cannot be started, or fails
   */
  public List<Heard> play(String dialect, byte[] bytes, List<Integer> pieces)
      throws IOException, InterruptedException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    server.createContext("/", exchange -> answer(exchange, dialect, bytes, pieces));
    server.start();
    var script = Files.createTempFile("lastword-replay", ".mjs");
    try {
      Files.write(script, script());
      var url = "http://127.0.0.1:" + server.getAddress().getPort();
      return heard(run(script, url, dialect));
    } finally {
      Files.delete(script);
      server.stop(0);
      threads.shutdownNow();
    }
  }

  private static byte[] script() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(SdkReplay.class.getResourceAsStream("replay.mjs"), "replay.mjs")) {
      return in.readAllBytes();
    }
  }

  private static void answer(
      HttpExchange exchange, String dialect, byte[] bytes, List<Integer> pieces)
      throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      if (dialect.equals("ai-sdk-ui")) {
        exchange.getResponseHeaders().set(UI_STREAM_HEADER, "v1");
      }
      exchange.sendResponseHeaders(200, 0);
      var out = exchange.getResponseBody();
      int at = 0;
      for (int piece : pieces) {
        int n = Math.min(piece, bytes.length - at);
        out.write(bytes, at, n);
        out.flush();
        at += n;
      }
      out.write(bytes, at, bytes.length - at);
    }
  }

  private String run(Path script, String url, String dialect)
      throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(
            node.toString(), script.toString(), folder.toAbsolutePath().toString(), url, dialect);
    // The answer comes from our own server, whatever proxies or keys the user's shell names.
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.matches("(?i).*_proxy|node_options|(openai|anthropic|google)_.*"));
    var process = builder.start();
    try {
      process.getOutputStream().close();
      var output = read(process.getInputStream());
      var errors = read(process.getErrorStream());
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("the SDKs did not end within " + LIMIT_SECONDS + " s");
      }
      if (process.exitValue() != 0) {
        throw new IOException("node failed: " + errors.join().lines().findFirst().orElse(""));
      }
      return output.join();
    } finally {
      process.destroyForcibly();
    }
  }

  /** Each on a thread of its own: the process waits for whoever reads neither. */
  private static CompletableFuture<String> read(InputStream in) {
    return CompletableFuture.supplyAsync(() -> whole(in), Thread::startVirtualThread);
  }

  private static String whole(InputStream in) {
    try (in) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      return ""; // the process was ended
    }
  }

  private static List<Heard> heard(String json) throws IOException {
    var heard = new ArrayList<Heard>();
    for (var each :
        Json.parse(json).orElseThrow(() -> new IOException("node said '" + json + "'"))) {
      heard.add(
          new Heard(
              each.path("sdk").asString("") + " " + each.path("version").asString(""),
              each.path("use").asString(""),
              each.path("text").asString(""),
              each.path("error").asString("").replaceAll("\\s+", " ")));
    }
    return heard;
  }
}
