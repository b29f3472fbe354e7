package census;

import java.time.Duration;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
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

@SpringBootApplication
@RestController
public class App {
  public static void main(String[] arguments) {
    var application = new SpringApplication(App.class);
    application.setDefaultProperties(
        Map.of("server.port", Turn.port(), "server.address", "127.0.0.1", "spring.main.banner-mode", "off", "logging.level.root", "error"));
    application.run(arguments);
  }

  private static Flux<String> words(Turn.Question question, StringBuffer text) {
    return Flux.fromIterable(Turn.pieces(question.message()))
        .delayElements(Duration.ofMillis(Turn.PAUSE_MS))
        .doOnNext(text::append)
        .map(Turn::json);
  }

  private static Mono<String> save(Turn.Question question, StringBuffer text) {
    return Mono.<String>fromRunnable(() -> Turn.save(question.id(), text.toString(), "complete")).subscribeOn(Schedulers.boundedElastic());
  }

  @PostMapping(path = "/flux-then-save", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<String> thenSave(@RequestBody Turn.Question question) {
    var text = new StringBuffer();
    return words(question, text).concatWithValues("[DONE]").concatWith(save(question, text));
  }

  @PostMapping(path = "/flux-do-on-complete", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<String> doOnComplete(@RequestBody Turn.Question question) {
    var text = new StringBuffer();
    return words(question, text).concatWithValues("[DONE]").doOnComplete(() -> save(question, text).subscribe());
  }

  @PostMapping(path = "/flux-do-finally", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<String> doFinally(@RequestBody Turn.Question question) {
    var text = new StringBuffer();
    return words(question, text).concatWithValues("[DONE]").doFinally(signal -> save(question, text).subscribe());
  }

  @PostMapping(path = "/flux-detached", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<String> detached(@RequestBody Turn.Question question) {
    var text = new StringBuffer();
    var answer = words(question, text).concatWith(save(question, text)).concatWithValues("[DONE]").cache();
    answer.subscribe(); // belongs to no reader
    return answer;
  }

  @GetMapping("/messages/{id}")
  ResponseEntity<Turn.Message> message(@PathVariable String id) {
    return ResponseEntity.of(Turn.find(id));
  }
}
