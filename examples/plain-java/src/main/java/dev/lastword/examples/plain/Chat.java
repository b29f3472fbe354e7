package dev.lastword.examples.plain;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.lastword.journal.StreamId;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Lastword;
import dev.lastword.library.Transactions;
import dev.lastword.library.UnknownEventException;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SavedResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteDataSource;

/**
 * A chat of one person, on loopback. Its table {@code messages} is the save: who has read an answer
 * to its end finds it there, whatever was killed meanwhile.
 */
public final class Chat implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Chat.class);
  private static final Owner YOU = Owner.of("you");
  private static final int QUESTION_BYTES_MAX = 10_000;

  private final SQLiteDataSource database = new SQLiteDataSource();
  private final Lastword lastword;
  private final HttpServer server;
  private final Model model;

  Chat(Path data, int port, Model model) throws IOException, SQLException {
    this.model = model;
    Files.createDirectories(data);
    database.setUrl("jdbc:sqlite:" + data.resolve("app.db"));
    database.setBusyTimeout(10_000);
    try (var connection = database.getConnection();
        var statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS messages"
              + " (id TEXT PRIMARY KEY, question TEXT, text TEXT, outcome TEXT)");
    }
    lastword =
        Lastword.at(data.resolve("lastword"))
            .saver(Transactions.on(database).saver(Chat::insert))
            .open();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::page);
    server.createContext("/ask", this::ask);
    server.createContext("/answers/", this::answers);
    server.createContext("/messages", this::messages);
    server.createContext("/messages/", this::message);
    server.start();
  }

  /** Where it listens. */
  URI address() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
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

  private void page(HttpExchange exchange) throws IOException {
    try (var page = Chat.class.getResourceAsStream("page.html")) {
      exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
      respond(exchange, 200, Objects.requireNonNull(page, "page.html").readAllBytes());
    }
  }

  /**
   * The answer is written by a thread of its own. What it is asked by gets the id, or, where it
   * accepts an event stream, reads it as anybody else does.
   */
  private void ask(HttpExchange exchange) throws IOException {
    var question = new String(exchange.getRequestBody().readNBytes(QUESTION_BYTES_MAX), UTF_8);
    var opened = lastword.open(AnswerRequest.of(YOU).conversation("chat").input(question));
    Thread.ofVirtual()
        .start(
            () -> {
              try (var answer = opened) {
                model.answer(question, answer::send);
                answer.seal();
              } catch (AnswerEndedException e) {
                log.info(
                    "ended otherwise", e); // readers are told, and what there is of it is a row
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    var accepted = exchange.getRequestHeaders().getFirst("Accept");
    if (accepted != null && accepted.contains("text/event-stream")) {
      exchange.getResponseHeaders().set("Lastword-Stream", opened.id().value());
      read(exchange, opened.id());
    } else {
      respond(exchange, 201, opened.id().value().getBytes(UTF_8));
    }
  }

  private void answers(HttpExchange exchange) throws IOException {
    var parts = exchange.getRequestURI().getPath().split("/", -1);
    var id = StreamId.parse(parts[2]);
    if (id.isEmpty()) {
      respond(exchange, 404, new byte[0]);
    } else if (parts.length == 4 && parts[3].equals("stop")) {
      lastword.cancel(id.get(), YOU);
      respond(exchange, 200, new byte[0]);
    } else {
      read(exchange, id.get());
    }
  }

  /** What {@code writeTo} throws goes through: the server then breaks the connection. */
  private void read(HttpExchange exchange, StreamId id) throws IOException {
    var seen = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Last-Event-ID"));
    try {
      var reading = lastword.read(id, YOU, seen.orElse(""));
      if (reading.isEmpty()) {
        respond(exchange, 404, new byte[0]);
      } else if (reading.get().isAtEnd()) {
        reading
            .get()
            .outcome()
            .ifPresent(it -> exchange.getResponseHeaders().set("Lastword-Outcome", it.word()));
        reading.get().close();
        respond(exchange, 204, new byte[0]);
      } else {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.getResponseHeaders().set("Cache-Control", "no-cache");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().flush();
        reading.get().writeTo(exchange.getResponseBody());
        exchange.close();
      }
    } catch (UnknownEventException e) {
      respond(exchange, 400, new byte[0]);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The rows: id, outcome and text, a line for each. */
  private void messages(HttpExchange exchange) throws IOException {
    var lines = new StringBuilder();
    try (var connection = database.getConnection();
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery("SELECT id, outcome, text FROM messages ORDER BY rowid")) {
      while (rows.next()) {
        lines.append(
            "%s %s %s%n".formatted(rows.getString(1), rows.getString(2), rows.getString(3)));
      }
    } catch (SQLException e) {
      throw new IOException(e);
    }
    exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    respond(exchange, 200, lines.toString().getBytes(UTF_8));
  }

  /** One of them: its outcome, and its text. */
  private void message(HttpExchange exchange) throws IOException {
    var id = exchange.getRequestURI().getPath().split("/", -1)[2];
    try (var connection = database.getConnection();
        var query =
            connection.prepareStatement("SELECT outcome, text FROM messages WHERE id = ?")) {
      query.setString(1, id);
      try (var rows = query.executeQuery()) {
        var found = rows.next();
        var line = found ? rows.getString(1) + " " + rows.getString(2) : "";
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        respond(exchange, found ? 200 : 404, line.getBytes(UTF_8));
      }
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  private static void respond(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /**
   * Answers that are open are interrupted, and what they had become is a row after the next start.
   */
  @Override
  public void close() {
    lastword.close();
    server.stop(0);
  }

  /** Starts it: the directory of its data, and its port. */
  public static void main(String[] args) throws IOException, SQLException {
    var chat = new Chat(Path.of(args[0]), Integer.parseInt(args[1]), Model.SCRIPTED);
    Runtime.getRuntime().addShutdownHook(new Thread(chat::close));
    System.out.println("A chat with the library: " + chat.address());
  }
}
