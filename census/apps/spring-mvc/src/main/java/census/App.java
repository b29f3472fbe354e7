package census;

import java.io.IOException;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

@SpringBootApplication
@RestController
public class App {
  public static void main(String[] arguments) {
    var application = new SpringApplication(App.class);
    application.setDefaultProperties(
        Map.of("server.port", Turn.port(), "server.address", "127.0.0.1", "spring.main.banner-mode", "off", "logging.level.root", "off"));
    application.run(arguments);
  }

  private interface Answer {
    void to(SseEmitter emitter) throws IOException;
  }

  /** Another thread sends; what it throws ends the emitter. */
  private static SseEmitter sending(Answer answer) {
    var emitter = new SseEmitter(0L);
    Thread.startVirtualThread(
        () -> {
          try {
            answer.to(emitter);
          } catch (Exception e) {
            emitter.completeWithError(e);
          }
        });
    return emitter;
  }

  /** The whole answer, sent piece by piece; ends where a reader is known to have gone. */
  private static String send(Turn.Question question, SseEmitter emitter) throws IOException {
    var text = new StringBuilder();
    for (var piece : Turn.pieces(question.message())) {
      Turn.pause();
      emitter.send(Turn.json(piece));
      text.append(piece);
    }
    return text.toString();
  }

  private static void end(SseEmitter emitter) throws IOException {
    emitter.send("[DONE]");
    emitter.complete();
  }

  @PostMapping("/save-after-complete")
  SseEmitter saveAfterComplete(@RequestBody Turn.Question question) {
    return sending(
        emitter -> {
          var text = send(question, emitter);
          end(emitter);
          Turn.save(question.id(), text, "complete");
        });
  }

  @PostMapping("/save-on-completion")
  SseEmitter saveOnCompletion(@RequestBody Turn.Question question) {
    return sending(
        emitter -> {
          var text = new StringBuffer();
          emitter.onCompletion(() -> Turn.save(question.id(), text.toString(), "complete"));
          for (var piece : Turn.pieces(question.message())) {
            Turn.pause();
            text.append(piece);
            emitter.send(Turn.json(piece));
          }
          end(emitter);
        });
  }

  @PostMapping("/goes-on-alone")
  SseEmitter goesOnAlone(@RequestBody Turn.Question question) {
    return sending(
        emitter -> {
          var text = Turn.model(question.message(), piece -> sendIfThere(emitter, Turn.json(piece)));
          Turn.save(question.id(), text, "complete");
          end(emitter);
        });
  }

  private static void sendIfThere(SseEmitter emitter, String data) {
    try {
      emitter.send(data);
    } catch (IOException | IllegalStateException gone) {
      // the answer is made all the same
    }
  }

  @GetMapping("/messages/{id}")
  ResponseEntity<Turn.Message> message(@PathVariable String id) {
    return ResponseEntity.of(Turn.find(id));
  }
}
