package dev.lastword.library;

import com.zaxxer.hikari.HikariDataSource;
import dev.lastword.journal.Outcome;
import java.nio.file.Path;
import java.sql.SQLException;

/**
 * A process that answers and saves in transactions of a database, until it is killed. It says what
 * it does: {@code begun ID}, {@code committed ID} when the database has, {@code told ID} when the
 * ending has been said.
 */
final class TransactionsCrashChild {
  static final String TEXT = "The answer of a process that is going to die.";

  private TransactionsCrashChild() {}

  /**
   * @param args the directory, and the address of the database
   */
  public static void main(String[] args) throws Exception {
    try (var pool = new HikariDataSource()) {
      pool.setJdbcUrl(args[1]);
      pool.setMaximumPoolSize(4);
      var transactions = saver(pool);
      try (var lastword =
          Lastword.at(Path.of(args[0])).saver(saying(transactions, "finished")).open()) {
        while (true) {
          var answer = lastword.open("chat-1", Rig.ANN);
          for (var word : TEXT.splitWithDelimiters(" ", 0)) {
            answer.send(word);
          }
          say("begun " + answer.id());
          answer.seal(saying(transactions, "committed"));
          say("told " + answer.id());
        }
      }
    }
  }

  /** Writes a row for each answer that is whole; nothing keeps it from being there twice. */
  static Saver saver(javax.sql.DataSource source) throws SQLException {
    return Transactions.on(source)
        .saver(
            (connection, saved) -> {
              if (saved.outcome() == Outcome.COMPLETED) {
                try (var statement =
                    connection.prepareStatement("INSERT INTO messages VALUES (?, ?)")) {
                  statement.setString(1, saved.stream().value());
                  statement.setString(2, saved.text());
                  statement.executeUpdate();
                }
              }
            });
  }

  private static Saver saying(Saver saver, String word) {
    return saved -> {
      saver.save(saved);
      say(word + " " + saved.stream());
      Thread.sleep(2); // who kills it is quick enough then
    };
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
