package census;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import org.jboss.resteasy.reactive.RestStreamElementType;

@Path("/")
public class App {
  private static Multi<String> model(Turn.Question question) {
    var pieces = Turn.pieces(question.message());
    return Multi.createFrom().ticks().every(Duration.ofMillis(Turn.PAUSE_MS)).onOverflow().buffer(1_000).select().first(pieces.size()).map(tick -> pieces.get(tick.intValue()));
  }

  private static Multi<String> events(Multi<String> words) {
    return words.map(Turn::json);
  }

  private static Uni<Void> save(Turn.Question question, StringBuffer text) {
    return Uni.createFrom()
        .<Void>item(
            () -> {
              Turn.save(question.id(), text.toString(), "complete");
              return null;
            })
        .runSubscriptionOn(Infrastructure.getDefaultExecutor());
  }

  @POST
  @Path("naive")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.TEXT_PLAIN)
  public Multi<String> naive(Turn.Question question) {
    var text = new StringBuffer();
    var words = events(model(question).invoke(piece -> text.append(piece)));
    return Multi.createBy().concatenating().streams(words, Multi.createFrom().item("[DONE]")).onCompletion().call(() -> save(question, text));
  }

  @POST
  @Path("termination")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.TEXT_PLAIN)
  public Multi<String> termination(Turn.Question question) {
    var text = new StringBuffer();
    var words = events(model(question).invoke(piece -> text.append(piece)));
    return Multi.createBy().concatenating().streams(words, Multi.createFrom().item("[DONE]")).onTermination().call(() -> save(question, text));
  }

  @POST
  @Path("right")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.TEXT_PLAIN)
  public Multi<String> right(Turn.Question question) {
    var text = new StringBuffer();
    var words = events(model(question).invoke(piece -> text.append(piece)));
    var saved = save(question, text).onItem().transform(nothing -> "[DONE]").toMulti();
    var answer = Multi.createBy().concatenating().streams(words, saved).cache();
    answer.subscribe().with(event -> {}); // belongs to no reader
    return answer;
  }

  @GET
  @Path("messages/{id}")
  public Turn.Message message(String id) {
    return Turn.find(id).orElseThrow(NotFoundException::new);
  }
}
