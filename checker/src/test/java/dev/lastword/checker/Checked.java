package dev.lastword.checker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.template.Json;
import dev.lastword.cli.Commands;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** One run of the command, as a shell would see it. */
record Checked(int exitCode, String out, String err) {
  static Checked run(String... args) throws IOException, InterruptedException {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    int code =
        new Commands(
                List.of(new CheckCommand(new PrintStream(out, true, UTF_8))),
                new PrintStream(out, true, UTF_8),
                new PrintStream(err, true, UTF_8))
            .run(args);
    return new Checked(code, out.toString(UTF_8), err.toString(UTF_8));
  }

  /** The usual command line against an endpoint, and more. */
  static Checked endpoint(Endpoint endpoint, String... more)
      throws IOException, InterruptedException {
    var args =
        new ArrayList<>(
            List.of(
                "check",
                endpoint.url("/chat"),
                "--data",
                "{\"message\":\"about {{run}}\"}",
                "--verify",
                endpoint.url("/messages/{{header:x-message-id}}"),
                "--wait",
                "400ms",
                "--json"));
    args.addAll(List.of(more));
    return run(args.toArray(String[]::new));
  }

  JsonNode json() {
    return Json.parse(out).orElseThrow(() -> new AssertionError(out + err));
  }

  String verdict(String code) {
    return of(code).path("verdict").asString("none");
  }

  String detail(String code) {
    return of(code).path("detail").asString("none");
  }

  JsonNode of(String code) {
    for (var each : json().path("verdicts")) {
      if (each.path("code").asString("").equals(code)) {
        return each;
      }
    }
    throw new AssertionError(code + " is not in " + out);
  }
}
