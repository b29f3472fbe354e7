package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Readers who come back by themselves, and streams that are held up for them: LW013, LW017, LW025.
 */
final class AnyReaderTest {
  private static Script resumed(boolean get) {
    return exchange -> {
      if (exchange.path.startsWith("/again/")) {
        exchange.open();
        exchange.end();
        return;
      }
      assertThat(exchange.method).isEqualTo(get ? "GET" : "POST");
      exchange.open();
      exchange.chunk("id: 1\ndata: hello\n\nid: 2\ndata: [DONE]\n\n");
      exchange.end();
    };
  }

  private static Checked comesBack(boolean get) throws Exception {
    try (var endpoint = new Endpoint(resumed(get))) {
      var args =
          new ArrayList<>(
              List.of(
                  "check",
                  endpoint.url("/chat"),
                  "--resume",
                  endpoint.url("/again/{{header:x-message-id}}"),
                  "--only",
                  "LW017",
                  "--json"));
      args.addAll(get ? List.of() : List.of("--data", "{}"));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  @Test
  void givenAnEmptyAnswerAfterTheEnd_whenNobodyReconnectsByHimself_thenLw017DoesNotAccuseIt()
      throws Exception {
    var fetched = comesBack(false);
    var byEventSource = comesBack(true);

    assertThat(fetched.verdict("LW017")).as(fetched.out()).isEqualTo("pass");
    assertThat(fetched.detail("LW017")).contains("an EventSource would come back for ever");
    assertThat(byEventSource.verdict("LW017")).as(byEventSource.out()).isEqualTo("fail");
  }

  @Test
  void givenAStreamThatIsHeldUpForAThirdOfASecond_whenChecked_thenLw013SaysSo() throws Exception {
    Script held =
        exchange -> {
          Thread.sleep(exchange.path.equals("/chat") ? 350 : 0); // all of it is made first
          exchange.open("Cache-Control: no-cache");
          var all = new StringBuilder();
          for (int i = 0; i < 12; i++) {
            all.append("data: ").append(Scripts.word(exchange, i)).append("\n\n");
          }
          exchange.chunk(all + "data: [DONE]\n\n");
          exchange.end();
        };
    try (var endpoint = new Endpoint(held)) {
      var checked =
          Checked.run("check", endpoint.url("/chat"), "--data", "{}", "--only", "LW013", "--json");

      assertThat(checked.verdict("LW013")).as(checked.out()).isEqualTo("fail");
      assertThat(checked.detail("LW013")).contains("something holds them back");
    }
  }

  @Test
  void givenAContentEncodingThatIsNone_whenChecked_thenLw013DoesNotCallItCompressed()
      throws Exception {
    Script uncompressed =
        exchange -> {
          exchange.open("Cache-Control: no-cache", "Content-Encoding: none");
          exchange.event("hello");
          exchange.event("[DONE]");
          exchange.end();
        };
    try (var endpoint = new Endpoint(uncompressed)) {
      var checked =
          Checked.run("check", endpoint.url("/chat"), "--data", "{}", "--only", "LW013", "--json");

      assertThat(checked.verdict("LW013")).as(checked.out()).isEqualTo("pass");
    }
  }

  /** A workflow's stream; a request that says "fail" ends with an error part. */
  private static Script workflow(String behindTheError, int statusAgain, AtomicInteger asked) {
    return exchange -> {
      if (exchange.path.startsWith("/chat/run-1/stream?startIndex=")) {
        asked.incrementAndGet();
        if (statusAgain != 200) {
          exchange.reply(statusAgain, "text/plain", "");
          return;
        }
        exchange.open();
        exchange.end();
        return;
      }
      exchange.open("x-workflow-run-id: run-1", "x-vercel-ai-ui-message-stream: v1");
      exchange.event("{\"type\":\"start\"}");
      exchange.event("{\"type\":\"text-start\",\"id\":\"0\"}");
      exchange.event("{\"type\":\"text-delta\",\"id\":\"0\",\"delta\":\"hello\"}");
      exchange.event("{\"type\":\"text-end\",\"id\":\"0\"}");
      exchange.event(
          exchange.body.contains("fail")
              ? "{\"type\":\"error\",\"errorText\":\"no more\"}" + behindTheError
              : "{\"type\":\"finish\"}");
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  private static Checked workflow(Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      var args =
          new ArrayList<>(
              List.of("check", endpoint.url("/chat"), "--data", "{}", "--only", "LW025", "--json"));
      args.addAll(List.of(more));
      return Checked.run(args.toArray(String[]::new));
    }
  }

  @Test
  void givenAWorkflowThatEndsWithAnError_whenItsTransportWaitsForFinish_thenItAsksForEver()
      throws Exception {
    var fail = new String[] {"--fail-data", "{\"a\":\"fail\"}"};
    var asked = new AtomicInteger();

    var forEver = workflow(workflow("", 200, asked), fail);
    var refused = workflow(workflow("", 410, new AtomicInteger()), fail);
    var told =
        workflow(workflow("\n\ndata: {\"type\":\"finish\"}", 200, new AtomicInteger()), fail);
    var untold = workflow(workflow("", 200, new AtomicInteger()));

    assertThat(forEver.verdict("LW025")).as(forEver.out()).isEqualTo("fail");
    assertThat(asked).hasValue(5);
    assertThat(refused.verdict("LW025")).as(refused.out()).isEqualTo("pass");
    assertThat(told.verdict("LW025")).as(told.out()).isEqualTo("not-applicable");
    assertThat(untold.detail("LW025")).contains("--fail-data");
  }
}
