package dev.lastword.examples.jersey;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.glassfish.grizzly.http.server.HttpServer;
import org.glassfish.jersey.grizzly2.httpserver.GrizzlyHttpServerFactory;
import org.glassfish.jersey.media.sse.EventOutput;
import org.glassfish.jersey.media.sse.OutboundEvent;
import org.glassfish.jersey.server.ResourceConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteDataSource;

/**
 * A chat on loopback, written as any resource of Jersey's that streams. Its table {@code messages}
 * is the save, which stands before the close: who has read an answer to its end finds its row, and
 * so does who has left before.
 */
@Path("/")
public final class Chat {
  private static final Logger log = LoggerFactory.getLogger(Chat.class);

  private final SQLiteDataSource database = new SQLiteDataSource();
  private final Duration pace;

  private Chat(java.nio.file.Path data, Duration pace) throws SQLException {
    this.pace = pace;
    database.setUrl("jdbc:sqlite:" + data.resolve("app.db"));
    database.setBusyTimeout(10_000);
    try (var connection = database.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, text TEXT)");
    }
  }

  /**
   * Starts it.
   *
   * @param port 0 for any
   * @param pace between two words of an answer
   */
  static HttpServer start(java.nio.file.Path data, int port, Duration pace)
      throws IOException, SQLException {
    Files.createDirectories(data);
    var application =
        new ResourceConfig()
            .register(new Chat(data, pace))
            .property("lastword.directory", data.resolve("lastword"));
    return GrizzlyHttpServerFactory.createHttpServer(
        URI.create("http://127.0.0.1:" + port + "/"), application);
  }

  /** Starts it: the directory of its data, and its port. */
  public static void main(String[] args) throws IOException, SQLException {
    var server =
        start(java.nio.file.Path.of(args[0]), Integer.parseInt(args[1]), Duration.ofMillis(60));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    System.out.println("ask http://127.0.0.1:" + args[1] + "/ask");
  }

  @POST
  @Path("ask")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public Response ask(String question) {
    var id = UUID.randomUUID().toString();
    var output = new EventOutput();
    Thread.ofVirtual().start(() -> answer(id, question, output));
    return Response.ok(output).header("X-Message-Id", id).build();
  }

  private void answer(String id, String question, EventOutput output) {
    try (output) {
      var text = new StringBuilder();
      for (var word : words(question)) {
        Thread.sleep(pace);
        text.append(word);
        say(output, "", word);
      }
      if (save(id, text.toString())) {
        say(output, "", "[DONE]");
      } else {
        say(output, "error", "the answer could not be saved"); // a close alone would be a clean end
      }
    } catch (IOException e) {
      log.info("stopped", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void say(EventOutput output, String name, String data) throws IOException {
    var event = new OutboundEvent.Builder().data(data);
    output.write((name.isEmpty() ? event : event.name(name)).build());
  }

  private boolean save(String id, String text) {
    try (var connection = database.getConnection();
        var row = connection.prepareStatement("INSERT INTO messages VALUES (?, ?)")) {
      row.setString(1, id);
      row.setString(2, text);
      row.executeUpdate();
      return true;
    } catch (SQLException e) {
      log.error("not saved", e);
      return false;
    }
  }

  @GET
  @Path("messages/{id}")
  @Produces(MediaType.TEXT_PLAIN)
  public String message(@PathParam("id") String id) throws SQLException {
    try (var connection = database.getConnection();
        var query = connection.prepareStatement("SELECT text FROM messages WHERE id = ?")) {
      query.setString(1, id);
      try (var rows = query.executeQuery()) {
        if (!rows.next()) {
          throw new NotFoundException();
        }
        return rows.getString(1);
      }
    }
  }

  /** A model that knows its text by heart. */
  private static String[] words(String question) {
    var text =
        "You asked: \""
            + question
            + "\". I answer word by word, and you may leave at any of them. "
            + "The answer goes on, its row is written, and only then its end is said. "
            + "Come back, and it is there.";
    return text.split("(?<= )");
  }
}
