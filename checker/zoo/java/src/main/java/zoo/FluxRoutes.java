package zoo;

import static zoo.Framing.DONE;
import static zoo.Framing.FINISH;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** WebFlux: the reader is the subscriber, and its leaving is a cancel that goes up to whatever it has subscribed to. */
final class FluxRoutes {
  static final Flux<String> END = Flux.just(FINISH, DONE);

  private static final Map<String, Function<Turn, Flux<String>>> ROUTES =
      Map.of(
          "flux-then-save", turn -> deltas(turn).concatWith(END).concatWith(save(turn)),
          "flux-do-on-complete", turn -> deltas(turn).concatWith(END).doOnComplete(() -> save(turn).subscribe()),
          "flux-do-finally", turn -> deltas(turn).concatWith(END).doFinally(signal -> save(turn).subscribe()),
          "flux-save-then-done", turn -> deltas(turn).concatWith(save(turn)).concatWith(END),
          "flux-detached", turn -> detached(deltas(turn).concatWith(save(turn)).concatWith(END)),
          "spring-ai-memory", SpringAiRoutes::memory,
          "spring-ai-memory-detached", turn -> detached(SpringAiRoutes.memory(turn)),
          "spring-ai-save-after-done", SpringAiRoutes::saveAfterDone);

  private FluxRoutes() {}

  @RestController
  static class Controller {
    @PostMapping("/{route}/chat")
    ResponseEntity<Flux<String>> chat(@PathVariable String route, @RequestBody MvcRoutes.Question question) {
      var turn = new Turn(question.message());
      return ResponseEntity.ok()
          .contentType(MediaType.TEXT_EVENT_STREAM)
          .cacheControl(CacheControl.noCache().noTransform())
          .header("X-Accel-Buffering", "no")
          .header("X-Message-Id", turn.id)
          .body(ROUTES.get(route).apply(turn));
    }

    @GetMapping("/{route}/messages/{id}")
    ResponseEntity<Turn.Saved> message(@PathVariable String id) {
      return ResponseEntity.of(Optional.ofNullable(Turn.SAVED.get(id)));
    }
  }

  static Flux<String> words(Turn turn) {
    return Flux.fromIterable(turn.pieces()).delayElements(Duration.ofMillis(Turn.PAUSE_MS)).doOnNext(turn::heard);
  }

  private static Flux<String> deltas(Turn turn) {
    return words(turn).map(Framing::delta);
  }

  static Mono<String> save(Turn turn) {
    return Mono.<String>fromRunnable(() -> turn.save("complete")).subscribeOn(Schedulers.boundedElastic());
  }

  /** Subscribes once for all readers, and stays when they go. */
  private static Flux<String> detached(Flux<String> events) {
    var kept = events.replay();
    kept.connect();
    return kept;
  }
}
