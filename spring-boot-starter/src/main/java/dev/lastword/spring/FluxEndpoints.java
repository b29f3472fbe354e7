package dev.lastword.spring;

import dev.lastword.stream.Owner;
import java.security.Principal;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Where readers come back, in WebFlux. Another's stream is like none. */
@Controller
@RequestMapping("${lastword.endpoints.path:/lastword}")
class FluxEndpoints {
  private final Answers answers;
  private final StreamJson json;

  FluxEndpoints(Answers answers) {
    this.answers = answers;
    this.json = new StreamJson(answers);
  }

  /** A stream from where the reader stands; 204 where that is its end. */
  @GetMapping("/streams/{id}")
  FluxReaders.Place stream(
      @PathVariable String id,
      @RequestHeader(name = Answers.LAST_EVENT_ID, required = false) @Nullable String lastEventId,
      @Nullable Principal principal) {
    var stream = Answers.id(id);
    return new FluxReaders.Place(
        stream, answers.owner(principal), EventIds.bare(stream, lastEventId));
  }

  @PostMapping("/streams/{id}/cancel")
  Mono<ResponseEntity<Map<String, Object>>> cancel(
      @PathVariable String id, ServerWebExchange exchange) {
    return ask(exchange, owner -> json.cancel(owner, Answers.id(id))).map(ResponseEntity::ok);
  }

  @GetMapping("/streams/{id}/response")
  Mono<ResponseEntity<String>> response(@PathVariable String id, ServerWebExchange exchange) {
    return ask(exchange, owner -> json.response(owner, Answers.id(id)))
        .map(text -> ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON).body(text));
  }

  @GetMapping("/streams")
  Mono<ResponseEntity<Map<String, Object>>> list(
      @RequestParam(required = false) @Nullable String conversation,
      @RequestParam(defaultValue = "50") int limit,
      ServerWebExchange exchange) {
    return ask(exchange, owner -> json.list(owner, conversation, limit)).map(ResponseEntity::ok);
  }

  @GetMapping("/conversations/{key}")
  Mono<ResponseEntity<Map<String, Object>>> conversation(
      @PathVariable String key,
      @RequestParam(defaultValue = "50") int limit,
      ServerWebExchange exchange) {
    return ask(exchange, owner -> json.conversation(owner, key, limit)).map(ResponseEntity::ok);
  }

  private <T> Mono<T> ask(ServerWebExchange exchange, Function<Owner, T> question) {
    return ResumingWebFilter.owner(exchange, answers)
        .publishOn(Schedulers.boundedElastic())
        .map(question);
  }
}
