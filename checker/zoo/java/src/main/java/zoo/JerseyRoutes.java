package zoo;

import static zoo.Framing.DONE;
import static zoo.Framing.FINISH;
import static zoo.Framing.delta;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.glassfish.jersey.grizzly2.httpserver.GrizzlyHttpServerFactory;
import org.glassfish.jersey.media.sse.EventOutput;
import org.glassfish.jersey.media.sse.OutboundEvent;
import org.glassfish.jersey.server.ResourceConfig;

/** Jersey's EventOutput on Grizzly, written by a thread of its own. */
@Path("/{route}")
public final class JerseyRoutes {
  private static final Logger ROOT = Logger.getLogger("");

  interface Answer {
    void to(Turn turn, EventOutput output) throws Exception;
  }

  private static final Map<String, Answer> ROUTES =
      Map.of(
          "jersey-save-after-close", JerseyRoutes::saveAfterClose,
          "jersey-save-then-done", JerseyRoutes::saveThenDone,
          "jersey-goes-on-alone", JerseyRoutes::goesOnAlone);

  static String start() throws IOException {
    ROOT.setLevel(Level.OFF);
    var server = GrizzlyHttpServerFactory.createHttpServer(URI.create("http://127.0.0.1:0/"), new ResourceConfig(JerseyRoutes.class));
    return "http://127.0.0.1:" + server.getListeners().iterator().next().getPort();
  }

  @POST
  @Path("chat")
  @Produces("text/event-stream")
  public Response chat(@PathParam("route") String route, String question) {
    var turn = new Turn(Framing.JSON.readTree(question).get("message").asString());
    var output = new EventOutput();
    Thread.startVirtualThread(() -> run(ROUTES.get(route), turn, output));
    return Response.ok(output)
        .header("Cache-Control", "no-cache, no-transform")
        .header("X-Accel-Buffering", "no")
        .header("X-Message-Id", turn.id)
        .build();
  }

  @GET
  @Path("messages/{id}")
  @Produces(MediaType.APPLICATION_JSON)
  public Response message(@PathParam("id") String id) {
    var saved = Turn.SAVED.get(id);
    return saved == null ? Response.status(404).build() : Response.ok(Framing.JSON.writeValueAsString(saved)).build();
  }

  private static void run(Answer answer, Turn turn, EventOutput output) {
    try (output) {
      answer.to(turn, output);
    } catch (Exception e) {
      ROOT.log(Level.FINE, "The reader has gone, and with it this answer.", e);
    }
  }

  private static void say(EventOutput output, String data) throws IOException {
    output.write(new OutboundEvent.Builder().data(data).build());
  }

  private static void end(EventOutput output) throws IOException {
    say(output, FINISH);
    say(output, DONE);
    output.close();
  }

  private static void saveAfterClose(Turn turn, EventOutput output) throws Exception {
    turn.words(piece -> say(output, delta(piece)));
    end(output);
    turn.save("complete");
  }

  private static void saveThenDone(Turn turn, EventOutput output) throws Exception {
    turn.words(piece -> say(output, delta(piece)));
    turn.save("complete");
    end(output);
  }

  private static void goesOnAlone(Turn turn, EventOutput output) throws Exception {
    turn.words(piece -> sayIfThere(output, delta(piece)));
    turn.save("complete");
    end(output);
  }

  private static void sayIfThere(EventOutput output, String data) {
    if (output.isClosed()) return;
    try {
      say(output, data);
    } catch (IOException gone) {
      closeQuietly(output);
    }
  }

  private static void closeQuietly(EventOutput output) {
    try {
      output.close();
    } catch (IOException e) {
      ROOT.log(Level.FINE, "The reader went first.", e);
    }
  }
}
