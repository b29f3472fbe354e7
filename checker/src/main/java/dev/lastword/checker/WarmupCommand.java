package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lastword.cli.Command;
import dev.lastword.cli.Commands;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/**
 * {@code lastword warmup}: checks an endpoint of its own once, so that the JVM can write down which
 * classes that needs.
 */
final class WarmupCommand implements Command {
  private static final byte[] EVENTS = "data: hello there\n\ndata: [DONE]\n\n".getBytes(UTF_8);

  @Override
  public String name() {
    return "warmup";
  }

  @Override
  public String summary() {
    return "Checks an endpoint of its own once, for the JVM's cache.";
  }

  @Override
  public Options options() {
    return new Options();
  }

  @Override
  public boolean hidden() {
    return true;
  }

  @Override
  public int run(CommandLine line) throws IOException, InterruptedException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    var threads = Executors.newVirtualThreadPerTaskExecutor();
    server.setExecutor(threads);
    server.createContext("/", WarmupCommand::answer);
    server.start();
    try {
      var url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
      var out = new PrintStream(new ByteArrayOutputStream(), false, UTF_8);
      var commands = new Commands(List.of(new CheckCommand(out)), out, out);
      for (var form : List.of("--runs=1", "--json")) {
        commands.run(
            "check", url, "--data", "{}", "--verify", url + "{{run}}", form, "--wait=100ms");
      }
      return 0;
    } finally {
      server.stop(0);
      threads.shutdown();
    }
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write(EVENTS);
    }
  }
}
