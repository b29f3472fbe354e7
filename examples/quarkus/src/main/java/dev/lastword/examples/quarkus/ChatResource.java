package dev.lastword.examples.quarkus;

import dev.lastword.journal.StreamId;
import dev.lastword.library.Answer;
import dev.lastword.library.Lastword;
import dev.lastword.library.Reading;
import dev.lastword.library.UnknownEventException;
import dev.lastword.stream.Owner;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The whole application. A {@code Singleton}, and nothing of another scope: for those Quarkus makes
 * a proxy, whose constructor is this one too and would open the directory a second time.
 */
@Singleton
@jakarta.ws.rs.Path("/chat")
public class ChatResource {
  private static final Owner ANN = Owner.of("ann");

  private final Lastword lastword =
      Lastword.embedded(Path.of(System.getProperty("chat.data", "data")));

  /** The application's own table. */
  private final Map<String, String> messages = new ConcurrentHashMap<>();

  @PreDestroy
  void close() {
    lastword.close();
  }

  /** Asks the model, and reads the answer from its start. */
  @POST
  @RunOnVirtualThread
  public Response ask() {
    var answer = lastword.open("chat-7", ANN);
    Thread.ofVirtual().start(() -> write(answer));
    return events(lastword.read(answer.id(), ANN, "").orElseThrow(), answer.id().value());
  }

  /** By the application's thread, and no request's. */
  private void write(Answer answer) {
    try (answer) {
      for (int i = 0; i < 30; i++) {
        answer.send("token " + i + ", ");
        TimeUnit.MILLISECONDS.sleep(50); // as a model takes its time
      }
      answer.seal(
          saved -> {
            TimeUnit.MILLISECONDS.sleep(500); // as a database does
            messages.put(saved.stream().value(), saved.text());
          });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads an answer from where its reader stands. */
  @GET
  @jakarta.ws.rs.Path("{id}")
  @RunOnVirtualThread
  public Response read(@PathParam("id") String id, @HeaderParam("Last-Event-ID") String last) {
    Optional<Reading> reading;
    try {
      reading =
          StreamId.parse(id)
              .flatMap(stream -> lastword.read(stream, ANN, last == null ? "" : last));
    } catch (UnknownEventException e) {
      return Response.status(400).build();
    }
    if (reading.isEmpty()) {
      return Response.status(404).build();
    }
    return reading.get().isAtEnd() ? Response.noContent().build() : events(reading.get(), id);
  }

  /** What is saved. */
  @GET
  @jakarta.ws.rs.Path("{id}/saved")
  public Response saved(@PathParam("id") String id) {
    var text = messages.get(id);
    return text == null ? Response.status(404).build() : Response.ok(text).build();
  }

  /** Stops an answer. */
  @POST
  @jakarta.ws.rs.Path("{id}/cancel")
  @RunOnVirtualThread
  public void cancel(@PathParam("id") String id) {
    StreamId.parse(id).ifPresent(stream -> lastword.cancel(stream, ANN));
  }

  private static Response events(Reading reading, String id) {
    StreamingOutput body =
        out -> {
          try {
            reading.writeTo(out); // what it throws breaks the connection off
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the answer was read");
          }
        };
    return Response.ok(body, "text/event-stream").header("Lastword-Stream", id).build();
  }
}
