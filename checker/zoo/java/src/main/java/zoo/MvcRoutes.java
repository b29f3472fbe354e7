package zoo;

import static zoo.Framing.DONE;
import static zoo.Framing.FINISH;
import static zoo.Framing.delta;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Spring MVC's SseEmitter, fed by a thread of its own. A reader's leaving shows in `send`, one or two events later. */
final class MvcRoutes {
  private static final long NEVER_MS = 0;
  private static final long TIMEOUT_MS = 300; // Tomcat looks once a second
  private static final long TOOL_MS = 3_000;

  interface Answer {
    void to(Turn turn, SseEmitter emitter) throws Exception;
  }

  private static final Map<String, Answer> ROUTES =
      Map.of(
          "emitter-save-after-complete", MvcRoutes::saveAfterComplete,
          "emitter-save-on-completion", MvcRoutes::saveOnCompletion,
          "emitter-save-then-done", MvcRoutes::saveThenDone,
          "emitter-goes-on-alone", MvcRoutes::goesOnAlone,
          "emitter-timeout", MvcRoutes::toolCall,
          "emitter-space-lost", MvcRoutes::spaceLost,
          "emitter-event-name", MvcRoutes::eventName,
          "langchain4j-memory", LangChain4jRoutes::memory,
          "langchain4j-save-on-complete", LangChain4jRoutes::saveOnComplete,
          "langchain4j-goes-on-alone", LangChain4jRoutes::goesOnAlone);

  private MvcRoutes() {}

  record Question(String message) {}

  @RestController
  static class Controller {
    @PostMapping("/{route}/chat")
    ResponseEntity<SseEmitter> chat(@PathVariable String route, @RequestBody Question question) {
      var turn = new Turn(question.message());
      var emitter = new SseEmitter(route.equals("emitter-timeout") ? TIMEOUT_MS : NEVER_MS);
      Thread.startVirtualThread(() -> run(ROUTES.get(route), turn, emitter));
      return ResponseEntity.ok()
          .contentType(MediaType.TEXT_EVENT_STREAM)
          .cacheControl(CacheControl.noCache().noTransform())
          .header("X-Accel-Buffering", "no")
          .header("X-Message-Id", turn.id)
          .body(emitter);
    }

    @GetMapping("/{route}/messages/{id}")
    ResponseEntity<Turn.Saved> message(@PathVariable String id) {
      return ResponseEntity.of(Optional.ofNullable(Turn.SAVED.get(id)));
    }
  }

  private static void run(Answer answer, Turn turn, SseEmitter emitter) {
    try {
      answer.to(turn, emitter);
    } catch (Exception e) {
      emitter.completeWithError(e);
    }
  }

  static void end(SseEmitter emitter) throws IOException {
    emitter.send(FINISH);
    emitter.send(DONE);
    emitter.complete();
  }

  private static void saveAfterComplete(Turn turn, SseEmitter emitter) throws Exception {
    turn.words(piece -> emitter.send(delta(piece)));
    end(emitter);
    turn.save("complete");
  }

  private static void saveOnCompletion(Turn turn, SseEmitter emitter) throws Exception {
    emitter.onCompletion(() -> turn.save("complete"));
    turn.words(piece -> emitter.send(delta(piece)));
    end(emitter);
  }

  private static void saveThenDone(Turn turn, SseEmitter emitter) throws Exception {
    turn.words(piece -> emitter.send(delta(piece)));
    turn.save("complete");
    end(emitter);
  }

  private static void goesOnAlone(Turn turn, SseEmitter emitter) throws Exception {
    var reader = new Reader(emitter);
    turn.words(piece -> reader.send(delta(piece)));
    turn.save("complete");
    end(emitter);
  }

  /** A tool call that takes longer than the emitter lives. */
  private static void toolCall(Turn turn, SseEmitter emitter) throws Exception {
    var reader = new Reader(emitter);
    var last = turn.pieces().getLast();
    turn.words(
        piece -> {
          if (piece.equals(last)) Thread.sleep(TOOL_MS);
          reader.send(delta(piece));
        });
    turn.save("complete");
    end(emitter);
  }

  /** Spring writes no space after `data:`; a reader takes the text's own first space for it. */
  private static void spaceLost(Turn turn, SseEmitter emitter) throws Exception {
    var reader = new Reader(emitter);
    turn.words(reader::send);
    turn.save("complete");
    close(emitter);
  }

  /** Names its events after what the reader wrote, and gives each text a space to lose. */
  private static void eventName(Turn turn, SseEmitter emitter) throws Exception {
    turn.words(piece -> emitter.send(SseEmitter.event().name(turn.message).data(" " + piece)));
    turn.save("complete");
    close(emitter);
  }

  private static void close(SseEmitter emitter) throws IOException {
    emitter.send(SseEmitter.event().name("close").data("end"));
    emitter.complete();
  }

  /** A reader that may leave without anyone minding. */
  static final class Reader {
    private final SseEmitter emitter;
    private boolean gone;

    Reader(SseEmitter emitter) {
      this.emitter = emitter;
    }

    void send(String data) {
      if (gone) return;
      try {
        emitter.send(data);
      } catch (IOException | IllegalStateException e) {
        gone = true;
      }
    }
  }
}
