package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.Endpoint.Exchange;
import dev.lastword.checker.Endpoint.Script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
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

  /**
   * A workflow whose run a stop ends with an abort part; who comes back is answered by a script.
   */
  private static final class Stoppable {
    private static final int WORDS = 20;
    private static final int PAUSE_MS = 15;

    private final Script comesBack;
    private final Set<String> stopped = ConcurrentHashMap.newKeySet();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final AtomicInteger partsOfTheStopped = new AtomicInteger();

    Stoppable(Script comesBack) {
      this.comesBack = comesBack;
    }

    Checked checked() throws Exception {
      try (var endpoint = new Endpoint(this::answer)) {
        return Checked.run(
            "check",
            endpoint.url("/chat"),
            "--data",
            "{}",
            "--only",
            "LW025",
            "--json",
            "--stop",
            endpoint.url("/stop/{{header:x-workflow-run-id}}"));
      }
    }

    private void answer(Exchange exchange) throws IOException, InterruptedException {
      if (exchange.path.startsWith("/stop/")) {
        stopped.add(exchange.path.substring("/stop/".length()));
        exchange.reply(200, "application/json", "{}");
      } else if (exchange.path.contains("/stream?startIndex=")) {
        asked.add(exchange.path);
        comesBack.answer(exchange);
      } else {
        run(exchange, "run-" + exchange.id);
      }
    }

    private void run(Exchange exchange, String run) throws IOException, InterruptedException {
      exchange.open("x-workflow-run-id: " + run, "x-vercel-ai-ui-message-stream: v1");
      exchange.event("{\"type\":\"start\"}");
      exchange.event("{\"type\":\"text-start\",\"id\":\"0\"}");
      int words = 0;
      while (words < WORDS && !stopped.contains(run)) {
        exchange.event("{\"type\":\"text-delta\",\"id\":\"0\",\"delta\":\"word \"}");
        words++;
        Thread.sleep(PAUSE_MS);
      }
      exchange.event("{\"type\":\"text-end\",\"id\":\"0\"}");
      boolean cut = words < WORDS;
      if (cut) {
        partsOfTheStopped.set(words + 4);
      }
      exchange.event(cut ? "{\"type\":\"abort\"}" : "{\"type\":\"finish\"}");
      exchange.event("[DONE]");
      exchange.end();
    }
  }

  @Test
  void givenAWorkflowThatAStopEndsWithAbort_whenItsTransportComesBackToNothing_thenItAsksForEver()
      throws Exception {
    var workflow =
        new Stoppable(
            exchange -> {
              exchange.open();
              exchange.end();
            });

    var checked = workflow.checked();

    assertThat(checked.verdict("LW025")).as(checked.out()).isEqualTo("fail");
    assertThat(checked.detail("LW025")).contains("after a stop");
    assertThat(workflow.asked)
        .hasSize(5)
        .allMatch(each -> each.endsWith("/stream?startIndex=" + workflow.partsOfTheStopped));
  }

  @Test
  void givenAWorkflowThatAStopEndsWithAbort_whenWhoComesBackIsRefused_thenLw025Passes()
      throws Exception {
    var workflow = new Stoppable(exchange -> exchange.reply(410, "text/plain", ""));

    var checked = workflow.checked();

    assertThat(checked.verdict("LW025")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.detail("LW025")).contains("HTTP 410");
    assertThat(workflow.asked).hasSize(1);
  }

  @Test
  void givenAWorkflowThatAStopEndsWithAbort_whenWhoComesBackIsToldFinish_thenLw025Passes()
      throws Exception {
    var times = new AtomicInteger();
    var workflow =
        new Stoppable(
            exchange -> {
              exchange.open();
              if (times.incrementAndGet() == 2) { // not known yet at the first return
                exchange.event("{\"type\":\"finish\"}");
                exchange.event("[DONE]");
              }
              exchange.end();
            });

    var checked = workflow.checked();

    assertThat(checked.verdict("LW025")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.detail("LW025")).isEqualTo("who comes back after a stop is told finish");
    assertThat(workflow.asked).hasSize(2);
  }
}
