package dev.lastword.spring;

import dev.lastword.stream.Owner;
import java.security.Principal;
import java.util.Map;
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

/** Where readers come back, in Spring MVC. Another's stream is like none. */
@Controller
@RequestMapping("${lastword.endpoints.path:/lastword}")
class MvcEndpoints {
  private final Answers answers;
  private final StreamJson json;

  MvcEndpoints(Answers answers) {
    this.answers = answers;
    this.json = new StreamJson(answers);
  }

  /** A stream from where the reader stands; 204 where that is its end. */
  @GetMapping("/streams/{id}")
  MvcReaders.Place stream(
      @PathVariable String id,
      @RequestHeader(name = Answers.LAST_EVENT_ID, required = false) @Nullable String lastEventId,
      @Nullable Principal principal) {
    var stream = Answers.id(id);
    return new MvcReaders.Place(
        stream, answers.owner(principal), EventIds.bare(stream, lastEventId));
  }

  @PostMapping("/streams/{id}/cancel")
  ResponseEntity<Map<String, Object>> cancel(
      @PathVariable String id, @Nullable Principal principal) {
    return ResponseEntity.ok(json.cancel(owner(principal), Answers.id(id)));
  }

  @GetMapping("/streams/{id}/response")
  ResponseEntity<String> response(@PathVariable String id, @Nullable Principal principal) {
    return ResponseEntity.ok()
        .contentType(MediaType.APPLICATION_JSON)
        .body(json.response(owner(principal), Answers.id(id)));
  }

  @GetMapping("/streams")
  ResponseEntity<Map<String, Object>> list(
      @RequestParam(required = false) @Nullable String conversation,
      @RequestParam(defaultValue = "50") int limit,
      @Nullable Principal principal) {
    return ResponseEntity.ok(json.list(owner(principal), conversation, limit));
  }

  @GetMapping("/conversations/{key}")
  ResponseEntity<Map<String, Object>> conversation(
      @PathVariable String key,
      @RequestParam(defaultValue = "50") int limit,
      @Nullable Principal principal) {
    return ResponseEntity.ok(json.conversation(owner(principal), key, limit));
  }

  private Owner owner(@Nullable Principal principal) {
    return answers.owner(principal);
  }
}
