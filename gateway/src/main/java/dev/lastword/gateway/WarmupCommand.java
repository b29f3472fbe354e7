package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.lastword.cli.Command;
import dev.lastword.gateway.demo.DemoModel;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * {@code lastword warmup}: runs a gateway once through what a gateway does, on a port and a
 * directory of its own, so that the JVM can write down which classes that needs.
 */
final class WarmupCommand implements Command {
  private static final String QUESTION =
      """
      {"model":"lastword-demo","stream":true,"messages":[{"role":"user","content":"hello"}]}""";

  @Override
  public String name() {
    return "warmup";
  }

  @Override
  public String summary() {
    return "Runs a gateway once, for the JVM's cache.";
  }

  @Override
  public Options options() {
    return ConfigOptions.options();
  }

  @Override
  public boolean hidden() {
    return true;
  }

  @Override
  public int run(CommandLine line) throws IOException, InterruptedException {
    var directory = Files.createTempDirectory("lastword-warmup");
    try (var model = DemoModel.start(0, Duration.ZERO)) {
      var settings = ConfigOptions.settings(line);
      settings.set(Setting.LISTEN, "127.0.0.1:0", "warmup");
      settings.set(Setting.DATA, directory.resolve("data").toString(), "warmup");
      Logging.configure(settings);
      var upstream = UpstreamTarget.parse(model.url().toString());
      var config = Config.of(settings).withUpstream(upstream);
      try (var gateway = RunningGateway.run(config, Pages.routes())) {
        walk("http://" + Gateway.text(gateway.address()));
        gateway.drain(Duration.ZERO);
      }
    } finally {
      delete(directory);
    }
    return 0;
  }

  // Asked by the smallest client that the JDK has: what a client needs is in the cache, too.
  private static void walk(String base) throws IOException {
    var id = ask(base + "/v1/chat/completions", QUESTION);
    for (var path :
        new String[] {
          "/",
          "/v1/models",
          "/v1/stream/" + id,
          "/api/streams/" + id,
          "/api/streams/" + id + "/response",
          "/api/streams",
          "/healthz",
          "/readyz",
          "/metrics"
        }) {
      var connection = open(base + path);
      if (connection.getResponseCode() < 400) {
        readAll(connection);
      }
      connection.disconnect();
    }
  }

  private static String ask(String url, String body) throws IOException {
    var connection = open(url);
    connection.setDoOutput(true);
    connection.setRequestProperty("content-type", "application/json");
    try (var out = connection.getOutputStream()) {
      out.write(body.getBytes(UTF_8));
    }
    readAll(connection);
    return requireNonNull(connection.getHeaderField("lastword-stream"));
  }

  private static HttpURLConnection open(String url) throws IOException {
    return (HttpURLConnection) URI.create(url).toURL().openConnection();
  }

  private static void readAll(HttpURLConnection connection) throws IOException {
    try (var in = connection.getInputStream()) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }

  private static void delete(Path directory) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, java.io.IOException failure)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
