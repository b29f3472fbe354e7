package dev.lastword.examples.plain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The chat as its page uses it. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class ChatTest {
  @TempDir Path dir;

  private final HttpClient client = HttpClient.newHttpClient();

  /** What the model says next; {@code "."} ends the answer. */
  private final LinkedBlockingQueue<String> words = new LinkedBlockingQueue<>();

  private final Model model =
      (question, tokens) -> {
        for (var word = words.take(); !word.equals("."); word = words.take()) {
          tokens.accept(word);
        }
      };

  @Test
  void whoLeavesComesBackToTheRestAndFindsTheRowAtTheEnd() throws Exception {
    try (var chat = new Chat(dir, 0, model)) {
      var id = post(chat, "/ask", "Why?").body();
      words.add("Be");
      String seen;
      try (var lines = get(chat, "/answers/" + id, "").body()) {
        var event = lines.limit(2).toList(); // and leaves
        assertThat(event).last().isEqualTo("data: \"Be\"");
        seen = event.getFirst().substring("id: ".length());
      }
      words.addAll(List.of("cause", "."));

      var rest = data(get(chat, "/answers/" + id, seen));
      assertThat(rest).containsExactly("\"cause\"", "[DONE]");
      assertThat(rows(chat)).containsExactly(id + " completed Because");
    }
  }

  @Test
  void whoStopsItKeepsWhatThereWas() throws Exception {
    try (var chat = new Chat(dir, 0, model)) {
      var id = post(chat, "/ask", "Why?").body();
      words.add("Be");
      try (var lines = get(chat, "/answers/" + id, "").body()) {
        var events = lines.iterator();
        events.next();
        assertThat(events.next()).isEqualTo("data: \"Be\"");
        post(chat, "/answers/" + id + "/stop", "");
      }
      words.add("cause"); // the model's thread is told by send
    }
    try (var again = new Chat(dir, 0, model)) {
      await().atMost(60, TimeUnit.SECONDS).until(() -> !rows(again).isEmpty());
      assertThat(rows(again)).singleElement().asString().endsWith(" cancelled Be");
    }
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    try (var chat = new Chat(dir, 0, model)) {
      assertThat(get(chat, "/answers/nothing-of-this-id", "").statusCode()).isEqualTo(404);
      assertThat(get(chat, "/answers/x", "").statusCode()).isEqualTo(404);
      assertThat(get(chat, "/", "").body().toList()).contains("<!doctype html>");
    }
  }

  private List<String> rows(Chat chat) throws IOException, InterruptedException {
    return get(chat, "/messages", "").body().toList();
  }

  private static List<String> data(HttpResponse<Stream<String>> response) {
    var data = new ArrayList<String>();
    response
        .body()
        .filter(line -> line.startsWith("data: "))
        .forEach(line -> data.add(line.substring("data: ".length())));
    return data;
  }

  private HttpResponse<Stream<String>> get(Chat chat, String path, String lastEventId)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(chat.address().resolve(path));
    if (!lastEventId.isEmpty()) {
      request.header("Last-Event-ID", lastEventId);
    }
    return client.send(request.build(), BodyHandlers.ofLines());
  }

  private HttpResponse<String> post(Chat chat, String path, String body)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(chat.address().resolve(path))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }
}
