package dev.lastword.examples.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.library.Lastword;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What readers find, whichever framework serves the chat: {@code POST /chat} asks, and reads the
 * answer; {@code GET /chat/ID} reads it from where its reader stands.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
abstract class FrameworkContract {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path dir;
  private Lastword lastword;
  private Chat chat;
  private Server server;

  /** Serves a chat on a free port. */
  abstract Server serve(Chat served) throws Exception;

  /** Whether an answer that did not end well breaks its connection off. */
  boolean breaksOff() {
    return true;
  }

  @BeforeEach
  void open() throws Exception {
    lastword = Lastword.at(dir).heartbeat(Duration.ofMillis(200)).open();
    chat = new Chat(lastword);
    server = serve(chat);
  }

  @AfterEach
  void close() {
    lastword.close(); // readers first: some servers wait for them
    server.stop().run();
  }

  private Reader ask() throws Exception {
    return new Reader(server.port(), "POST", "/chat");
  }

  private Reader comeBack(String id, String... headers) throws Exception {
    return new Reader(server.port(), "GET", "/chat/" + id, headers);
  }

  @Test
  void theEndingIsSaidAfterTheSave() throws Exception {
    try (var reader = ask()) {
      assertThat(reader.until("data: \"Hel\"")).isTrue();
      assertThat(reader.lines.getFirst()).isEqualTo("HTTP/1.1 200 OK");
      assertThat(reader.value("content-type")).startsWith("text/event-stream");
      chat.more.countDown();
      assertThat(reader.until("data: \"ld\"")).isTrue();
      assertThat(reader.until(": hb")).isTrue(); // it is not said while it is saved
      assertThat(reader.lines).doesNotContain("data: [DONE]");
      assertThat(chat.messages).isEmpty();
      chat.save.countDown();
      assertThat(reader.until("data: [DONE]")).isTrue();
      assertThat(chat.messages).containsEntry(reader.value("lastword-stream"), "Hello world");
      assertThat(reader.endsCleanly()).isTrue();
    }
    assertThat(chat.calls).hasValue(1);
  }

  @Test
  void whoLeavesHalfWayFindsTheRestByAnotherConnection() throws Exception {
    chat.save.countDown();
    String id;
    String last;
    try (var reader = ask()) {
      assertThat(reader.until("data: \"Hel\"")).isTrue();
      id = reader.value("lastword-stream");
      last = reader.value("id");
    }
    chat.more.countDown();
    await().atMost(PATIENCE).until(() -> chat.messages.containsKey(id));
    assertThat(chat.messages).containsEntry(id, "Hello world");

    try (var reader = comeBack(id, "Last-Event-ID: " + last)) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines)
          .doesNotContain("data: \"Hel\"")
          .containsSubsequence("data: \"lo\"", "data: \" wor\"", "data: \"ld\"", "data: [DONE]");
      last = reader.value("id");
    }
    try (var reader = comeBack(id, "Last-Event-ID: " + last)) {
      assertThat(reader.until("HTTP/1.1 204")).isTrue();
      assertThat(reader.until("")).isTrue();
    }
    assertThat(chat.calls).hasValue(1);
  }

  @Test
  void whoLeavesAtTheEndHasLostNothing() throws Exception {
    chat.more.countDown();
    chat.save.countDown();
    String id;
    try (var reader = ask()) {
      assertThat(reader.until("data: [DONE]")).isTrue();
      id = reader.value("lastword-stream");
    } // and does not wait for the last chunk
    assertThat(chat.messages).containsEntry(id, "Hello world");
    try (var reader = comeBack(id)) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).contains("data: \"Hel\"", "data: [DONE]");
    }
  }

  @Test
  void anAnswerThatIsStoppedHasNoCleanEnd() throws Exception {
    try (var reader = ask()) {
      assertThat(reader.until("data: \"Hel\"")).isTrue();
      chat.cancel(reader.value("lastword-stream"));
      assertThat(reader.endsCleanly()).isEqualTo(!breaksOff());
      assertThat(reader.lines).contains("event: error").doesNotContain("data: [DONE]");
    }
    chat.more.countDown();
    assertThat(chat.messages).isEmpty();
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    try (var reader = comeBack("0123456789abcdef0123")) {
      assertThat(reader.until("HTTP/1.1 404")).isTrue();
    }
    try (var reader = comeBack("short")) {
      assertThat(reader.until("HTTP/1.1 404")).isTrue();
    }
  }
}
