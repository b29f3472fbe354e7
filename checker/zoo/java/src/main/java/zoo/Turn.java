package zoo;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** One question, its answer as far as it was said, and where it is saved. */
final class Turn {
  record Saved(String id, String text, String status) {}

  /** Says one piece to the reader; throws where the reader is known to have gone. */
  interface Say {
    void piece(String piece) throws Exception;
  }

  static final Map<String, Saved> SAVED = new ConcurrentHashMap<>();
  static final long PAUSE_MS = 8; // between two pieces of an answer
  static final long SAVE_MS = 50; // what a database takes

  final String id = UUID.randomUUID().toString();
  final String message;
  private final StringBuffer text = new StringBuffer();

  Turn(String message) {
    this.message = message;
  }

  /** The answer in about 20 pieces, always the same for the same message. */
  List<String> pieces() {
    var words = "it was read with care , and this is what there is to say about it : all is well".split(" ");
    return Stream.of(Stream.of("You said: " + message + ". Well,"), Stream.of(words).map(word -> " " + word), Stream.of(" End."))
        .flatMap(pieces -> pieces)
        .toList();
  }

  /** Produces the pieces as a model would; ends early where `say` throws. */
  void words(Say say) throws Exception {
    for (var piece : pieces()) {
      Thread.sleep(PAUSE_MS);
      heard(piece);
      say.piece(piece);
    }
  }

  void heard(String piece) {
    text.append(piece);
  }

  void save(String status) {
    save(id, text.toString(), status);
  }

  static void save(String id, String text, String status) {
    try {
      Thread.sleep(SAVE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return; // a database's driver gives up here too
    }
    SAVED.put(id, new Saved(id, text, status));
  }
}
