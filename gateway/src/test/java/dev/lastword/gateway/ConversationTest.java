package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A conversation of which not every turn can be read. */
class ConversationTest {
  private static final String CHAT = "/v1/chat/completions";

  @TempDir Path data;

  @Test
  void givenATurnThatIsDamaged_whenTheConversationIsRead_thenItSaysSoAndTheOthersAreThere()
      throws Exception {
    try (var upstream = ScriptedUpstream.start();
        var gateway = TestGateway.start(data, upstream.url(), Map.of())) {
      for (var id : new String[] {"turn-number-000000-1", "turn-number-000000-2"}) {
        upstream.on(CHAT, x -> x.stream().delta("Hello").finish().data("[DONE]").end());
        gateway.post(CHAT, "{}", "Lastword-Conversation", "c", "Lastword-Stream", id);
        gateway.ended(id);
      }
      Awaitility.await().until(() -> damage("turn-number-000000-1") == 1);

      var response = gateway.get("/api/conversations/c");

      assertThat(response.statusCode()).isEqualTo(200);
      var turns = TestGateway.read(response.body()).get("turns");
      assertThat(turns).hasSize(2);
      assertThat(turns.get(0).get("text").asString()).isEmpty();
      assertThat(turns.get(0).get("unreadable").asString()).isEqualTo("corrupt");
      assertThat(turns.get(1).get("text").asString()).isEqualTo("Hello");
      assertThat(turns.get(1).has("unreadable")).isFalse();
    }
  }

  /** Changes the text of an answer, once it is there, behind its checksum's back. */
  private int damage(String id) throws Exception {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + data.resolve("archive.db"));
        var statement =
            connection.prepareStatement(
                "UPDATE streams SET text = 'Hallo' WHERE id = ? AND text IS NOT NULL")) {
      statement.setString(1, id);
      return statement.executeUpdate();
    }
  }
}
