package census;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.net.URI;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.glassfish.jersey.grizzly2.httpserver.GrizzlyHttpServerFactory;
import org.glassfish.jersey.media.sse.EventOutput;
import org.glassfish.jersey.media.sse.OutboundEvent;
import org.glassfish.jersey.media.sse.SseFeature;
import org.glassfish.jersey.server.ResourceConfig;

@Path("/")
@Consumes(MediaType.APPLICATION_JSON)
public class App {
  private static final Logger ROOT = Logger.getLogger("");

  public static void main(String[] arguments) throws InterruptedException {
    ROOT.setLevel(Level.OFF);
    GrizzlyHttpServerFactory.createHttpServer(URI.create("http://127.0.0.1:" + Turn.port() + "/"), new ResourceConfig(App.class));
    Thread.currentThread().join();
  }

  private interface Answer {
    void to(EventOutput output) throws IOException;
  }

  /** Another thread writes; what it throws closes the output. */
  private static EventOutput writing(Answer answer) {
    var output = new EventOutput();
    Thread.startVirtualThread(
        () -> {
          try (output) {
            answer.to(output);
          } catch (IOException | RuntimeException e) {
            ROOT.log(Level.FINE, "the reader has gone", e);
          }
        });
    return output;
  }

  private static void write(EventOutput output, String data) throws IOException {
    output.write(new OutboundEvent.Builder().data(data).build());
  }

  private static void writeIfThere(EventOutput output, String data) {
    try {
      if (!output.isClosed()) write(output, data);
    } catch (IOException gone) {
      ROOT.log(Level.FINE, "the answer is made all the same", gone);
    }
  }

  /** The whole answer, written piece by piece; ends where a reader is known to have gone. */
  private static String write(Turn.Question question, EventOutput output) throws IOException {
    var text = new StringBuilder();
    for (var piece : Turn.pieces(question.message())) {
      Turn.pause();
      write(output, Turn.json(piece));
      text.append(piece);
    }
    return text.toString();
  }

  @POST
  @Path("save-after-close")
  @Produces(SseFeature.SERVER_SENT_EVENTS)
  public EventOutput saveAfterClose(Turn.Question question) {
    return writing(
        output -> {
          var text = write(question, output);
          write(output, "[DONE]");
          output.close();
          Turn.save(question.id(), text, "complete");
        });
  }

  @POST
  @Path("save-then-done")
  @Produces(SseFeature.SERVER_SENT_EVENTS)
  public EventOutput saveThenDone(Turn.Question question) {
    return writing(
        output -> {
          Turn.save(question.id(), write(question, output), "complete");
          write(output, "[DONE]");
        });
  }

  @POST
  @Path("goes-on-alone")
  @Produces(SseFeature.SERVER_SENT_EVENTS)
  public EventOutput goesOnAlone(Turn.Question question) {
    return writing(
        output -> {
          var text = Turn.model(question.message(), piece -> writeIfThere(output, Turn.json(piece)));
          Turn.save(question.id(), text, "complete");
          writeIfThere(output, "[DONE]");
        });
  }

  @GET
  @Path("messages/{id}")
  @Produces(MediaType.APPLICATION_JSON)
  public Response message(@PathParam("id") String id) {
    return Turn.find(id).map(message -> Response.ok(message).build()).orElseGet(() -> Response.status(404).build());
  }
}
