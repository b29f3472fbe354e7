package dev.lastword.gateway;

import dev.lastword.cli.Command;
import dev.lastword.gateway.demo.DemoModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
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
    try (var model = DemoModel.start(0, Duration.ZERO);
        var client = HttpClient.newHttpClient()) {
      var settings = ConfigOptions.settings(line);
      settings.set(Setting.LISTEN, "127.0.0.1:0", "warmup");
      settings.set(Setting.DATA, directory.resolve("data").toString(), "warmup");
      Logging.configure(settings);
      var upstream = UpstreamTarget.parse(model.url().toString());
      var config = Config.of(settings).withUpstream(upstream);
      try (var gateway = RunningGateway.run(config, Pages.routes())) {
        walk(client, "http://" + Gateway.text(gateway.address()));
        gateway.drain(Duration.ZERO);
      }
    } finally {
      delete(directory);
    }
    return 0;
  }

  private static void walk(HttpClient client, String base)
      throws IOException, InterruptedException {
    var answer =
        client.send(
            HttpRequest.newBuilder(URI.create(base + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(QUESTION))
                .build(),
            BodyHandlers.ofString());
    var id = answer.headers().firstValue("lastword-stream").orElseThrow();
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
      client.send(HttpRequest.newBuilder(URI.create(base + path)).build(), BodyHandlers.ofString());
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
