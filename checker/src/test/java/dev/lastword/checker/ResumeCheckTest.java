package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.checker.template.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Coming back, during a stream and after it; and text that tries to be more than text. */
final class ResumeCheckTest {
  private static final int EVENTS = 6;

  private static Checked check(Endpoint.Script script, String... more) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      return Checked.endpoint(endpoint, more);
    }
  }

  /** A stream of numbered events; {@code /again} resumes it, some events too early or too late. */
  private static Endpoint.Script resumable(int shift, boolean endsWith204) {
    return exchange -> {
      boolean again = exchange.path.startsWith("/again");
      var last = exchange.headers.getOrDefault("last-event-id", "");
      int from = last.isEmpty() ? 0 : Integer.parseInt(last) + 1 + shift;
      if (again && endsWith204 && from > EVENTS) {
        exchange.raw("HTTP/1.1 204 No Content\r\n\r\n");
        return;
      }
      exchange.save("n");
      exchange.open();
      for (int i = from; i <= EVENTS; i++) {
        exchange.chunk("id: " + i + "\ndata: " + (i == EVENTS ? "[DONE]" : "n" + i) + "\n\n");
      }
      exchange.end();
    };
  }

  private static Checked resumed(Endpoint.Script script) throws Exception {
    try (var endpoint = new Endpoint(script)) {
      return Checked.run(
          "check",
          endpoint.url("/chat"),
          "--data",
          "{}",
          "--resume",
          endpoint.url("/again/{{header:x-message-id}}"),
          "--only",
          "LW005,LW017",
          "--json");
    }
  }

  @Test
  void givenExactResume_whenAReaderComesBack_thenBothPass() throws Exception {
    var checked = resumed(resumable(0, true));

    assertThat(checked.verdict("LW005")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.verdict("LW017")).as(checked.out()).isEqualTo("pass");
  }

  @Test
  void givenResumeRepeatsOrSkipsAnEvent_whenAReaderComesBack_thenItIsTold() throws Exception {
    var repeats = resumed(resumable(-1, true));
    var skips = resumed(resumable(1, true));

    assertThat(repeats.detail("LW005")).as(repeats.out()).contains("1 events come twice");
    assertThat(repeats.verdict("LW017")).as(repeats.out()).isEqualTo("fail");
    assertThat(skips.detail("LW005")).as(skips.out()).contains("1 events are missing");
  }

  @Test
  void givenHeartbeatsThatAreEvents_whenAReaderComesBack_thenTheyAreNoGap() throws Exception {
    var exact = resumable(0, true);
    Endpoint.Script beating =
        exchange -> {
          if (!exchange.path.startsWith("/again")) {
            exact.answer(exchange);
            return;
          }
          var last = exchange.headers.getOrDefault("last-event-id", "-1");
          exchange.open();
          exchange.chunk("event: ping\ndata: {}\n\n");
          for (int i = Integer.parseInt(last) + 1; i <= EVENTS; i++) {
            exchange.chunk("id: " + i + "\ndata: " + (i == EVENTS ? "[DONE]" : "n" + i) + "\n\n");
            exchange.chunk("data: {\"type\":\"keep-alive\"}\n\n");
          }
          exchange.end();
        };

    var checked = resumed(beating);

    assertThat(checked.verdict("LW005")).as(checked.out()).isEqualTo("pass");
    assertThat(checked.detail("LW017")).as(checked.out()).contains("without events");
  }

  /** Lines of JSON; {@code /again} shows them again, from this one on. */
  private static Endpoint.Script lines(int from) {
    return exchange -> {
      exchange.raw(
          "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nX-Message-Id: "
              + exchange.id
              + "\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = exchange.path.startsWith("/again") ? from : 0; i < EVENTS; i++) {
        exchange.chunk("{\"text\":\"n%d \",\"done\":%b}\n".formatted(i, i == EVENTS - 1));
        Thread.sleep(2); // a model's pace
      }
      exchange.end();
    };
  }

  @Test
  void givenLinesOfJson_whenAReaderComesBack_thenTheyAreReadAsEventsAre() throws Exception {
    var right = resumed(lines(0));
    var wrong = resumed(lines(1));

    assertThat(right.verdict("LW005")).as(right.out()).isEqualTo("pass");
    assertThat(right.detail("LW005")).contains("no ids");
    assertThat(wrong.detail("LW005")).as(wrong.out()).contains("does not see again");
  }

  /** Repeats what it was asked, with one {@code data:} line for each of these line ends. */
  private static Endpoint.Script echo(List<String> lineEnds) {
    return exchange -> {
      exchange.open();
      var json = Json.parse(exchange.body).orElseThrow();
      var text = json.path("message").asString();
      for (var lineEnd : lineEnds) {
        text = text.replace(lineEnd, "\ndata: ");
      }
      exchange.save(text);
      exchange.event(text);
      exchange.event("[DONE]");
      exchange.end();
    };
  }

  @Test
  void givenTextIsWrittenAsItIs_whenItHoldsFields_thenForgeryIsTold() throws Exception {
    var checked = check(echo(List.of()), "--only", "LW021");

    assertThat(checked.verdict("LW021")).as(checked.out()).isEqualTo("fail");
  }

  @Test
  void givenOnlyLfIsSplit_whenTextHoldsCr_thenForgeryIsTold() throws Exception {
    var checked = check(echo(List.of("\n")), "--only", "LW021");

    assertThat(checked.verdict("LW021")).as(checked.out()).isEqualTo("fail");
  }

  @Test
  void givenEveryLineEndIsSplit_whenTextHoldsFields_thenItStaysText() throws Exception {
    var checked = check(echo(List.of("\r\n", "\r")), "--only", "LW021");
    var exact =
        check(
            exchange -> {
              exchange.open();
              var json = Json.parse(exchange.body).orElseThrow();
              var text = json.path("message").asString();
              exchange.save(text);
              exchange.event(String.join("\ndata: ", text.split("\r\n|\r|\n", -1)));
              exchange.event("[DONE]");
              exchange.end();
            },
            "--only",
            "LW021");

    assertThat(checked.verdict("LW021")).as(checked.out()).isEqualTo("fail"); // LF is not split
    assertThat(exact.verdict("LW021")).as(exact.out()).isEqualTo("pass");
  }
}
