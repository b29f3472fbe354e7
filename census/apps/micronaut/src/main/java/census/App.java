package census;

import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.sse.Event;
import io.micronaut.runtime.Micronaut;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@Controller
public class App {
  public static void main(String[] arguments) {
    Micronaut.build(arguments)
        .mainClass(App.class)
        .banner(false)
        .properties(Map.of("micronaut.server.port", Turn.port(), "micronaut.server.host", "127.0.0.1"))
        .start();
  }

  private static Flux<String> model(Map<String, String> question) {
    return Flux.fromIterable(Turn.pieces(question.get("message"))).delayElements(Duration.ofMillis(Turn.PAUSE_MS));
  }

  private static Flux<Event<String>> events(Flux<String> words) {
    return words.map(piece -> Event.of(Turn.json(piece)));
  }

  @Post(value = "/naive", produces = MediaType.TEXT_EVENT_STREAM)
  Publisher<Event<String>> naive(@Body Map<String, String> question) {
    var text = new StringBuffer();
    return events(model(question).doOnNext(text::append))
        .concatWith(Mono.just(Event.of("[DONE]")))
        .doOnComplete(() -> Turn.save(question.get("id"), text.toString(), "complete"));
  }

  @Post(value = "/finally", produces = MediaType.TEXT_EVENT_STREAM)
  Publisher<Event<String>> inFinally(@Body Map<String, String> question) {
    var text = new StringBuffer();
    return events(model(question).doOnNext(text::append))
        .concatWith(Mono.just(Event.of("[DONE]")))
        .doFinally(signal -> Turn.save(question.get("id"), text.toString(), "complete"));
  }

  @Post(value = "/right", produces = MediaType.TEXT_EVENT_STREAM)
  Publisher<Event<String>> right(@Body Map<String, String> question) {
    var text = new StringBuffer();
    var answer =
        events(model(question).doOnNext(text::append))
            .concatWith(Mono.fromRunnable(() -> Turn.save(question.get("id"), text.toString(), "complete")))
            .concatWith(Mono.just(Event.of("[DONE]")))
            .cache();
    answer.subscribe(); // belongs to no reader
    return answer;
  }

  @Get("/messages/{id}")
  Optional<Map<String, String>> message(String id) {
    return Turn.find(id).map(found -> Map.of("id", found.id(), "text", found.text(), "status", found.status()));
  }
}
