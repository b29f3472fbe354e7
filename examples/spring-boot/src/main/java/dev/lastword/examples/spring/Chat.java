package dev.lastword.examples.spring;

import dev.lastword.library.Saver;
import dev.lastword.library.Transactions;
import dev.lastword.spring.LastwordSse;
import dev.lastword.spring.SseAnswer;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.SavedResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A chat of one person, on loopback. Its table {@code messages} is the save: who has read an answer
 * to its end finds it there, whatever was killed meanwhile.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class Chat {
  Chat() {}

  /** Starts it. */
  public static void main(String[] arguments) {
    SpringApplication.run(Chat.class, arguments);
  }

  /** Before the first answer, and so before those that a crash has left. */
  @Bean
  JdbcTemplate rows(DataSource dataSource) {
    var rows = new JdbcTemplate(dataSource);
    rows.execute(
        "CREATE TABLE IF NOT EXISTS messages"
            + " (id TEXT PRIMARY KEY, question TEXT, text TEXT, outcome TEXT)");
    return rows;
  }

  /** Every answer is a row, in one transaction with what says that it is there. */
  @Bean
  Saver saver(Transactions transactions, JdbcTemplate rows) {
    return transactions.saver(Chat::insert);
  }

  private static void insert(Connection connection, SavedResponse saved) throws SQLException {
    try (var row = connection.prepareStatement("INSERT INTO messages VALUES (?, ?, ?, ?)")) {
      row.setString(1, saved.stream().value());
      row.setString(2, saved.attributes().get(Attributes.INPUT));
      row.setString(3, saved.text());
      row.setString(4, saved.outcome().word());
      row.executeUpdate();
    }
  }

  @Bean
  ApplicationRunner hello(org.springframework.core.env.Environment environment) {
    return arguments ->
        org.slf4j.LoggerFactory.getLogger(Chat.class)
            .info("open http://127.0.0.1:{}/", environment.getProperty("local.server.port"));
  }

  /** Two ways to answer: by Lastword, and as if there were none. */
  @RestController
  static class Answers {
    private final LastwordSse lastword;
    private final JdbcTemplate rows;
    private final Duration pace;

    Answers(LastwordSse lastword, JdbcTemplate rows, @Value("${chat.pace}") Duration pace) {
      this.lastword = lastword;
      this.rows = rows;
      this.pace = pace;
    }

    @PostMapping("/ask")
    SseAnswer ask(@RequestParam String question) {
      return lastword.sse(model(question)).conversation("chat").input(question);
    }

    /** Saves behind its own ending, as many a documentation suggests. */
    @GetMapping(path = "/plain", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> plain(@RequestParam String question) {
      return model(question)
          .concatWith(Mono.just("[DONE]"))
          .concatWith(
              Mono.<String>fromRunnable(
                      () ->
                          rows.update(
                              "INSERT INTO messages VALUES (lower(hex(randomblob(8))), ?, 'plain',"
                                  + " 'by its own save')",
                              question))
                  .subscribeOn(Schedulers.boundedElastic()));
    }

    @GetMapping("/messages")
    List<Map<String, @Nullable Object>> messages() {
      return rows.queryForList("SELECT * FROM messages ORDER BY rowid");
    }

    /** The row of a question, if there is one. */
    @GetMapping(path = "/messages", params = "question")
    ResponseEntity<Map<String, @Nullable Object>> message(@RequestParam String question) {
      var found = rows.queryForList("SELECT * FROM messages WHERE question = ?", question);
      return ResponseEntity.of(found.stream().findFirst());
    }

    /** A model that knows its text by heart. */
    private Flux<String> model(String question) {
      var text =
          "You asked: \""
              + question
              + "\". I answer word by word, and you may close this page at any of them. "
              + "The answer goes on, its row is written, and only then its end is said. "
              + "Come back, and it is there.";
      return Flux.fromArray(text.split("(?<= )")).delayElements(pace);
    }
  }
}
