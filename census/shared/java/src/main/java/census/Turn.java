package census;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/** What the applications of the census share: a scripted model, and where answers are saved. */
public final class Turn {
  public record Question(String id, String message) {}

  public record Message(String id, String text, String status) {}

  /** Takes one piece of an answer; throws where its reader is known to have gone. */
  public interface Reader {
    void piece(String piece);
  }

  static final long PAUSE_MS = 15; // between two pieces of an answer
  static final long SAVE_MS = 30; // what a database takes until it has committed
  private static final String WORDS = "it was read with care , and this is what there is to say about it : all is well";
  private static final Map<String, Message> MESSAGES = new ConcurrentHashMap<>();

  private Turn() {}

  public static List<String> pieces(String question) {
    var all = new ArrayList<String>();
    all.add("You asked: " + question + ". Well,");
    for (var word : WORDS.split(" ")) all.add(" " + word);
    all.add(" End.");
    return all;
  }

  /** The whole answer, piece by piece as a model would send it. */
  public static String model(String question, Reader reader) {
    var text = new StringBuilder();
    for (var piece : pieces(question)) {
      pause();
      text.append(piece);
      reader.piece(piece);
    }
    return text.toString();
  }

  /** What a model takes for its next piece. */
  public static void pause() {
    LockSupport.parkNanos(PAUSE_MS * 1_000_000);
  }

  public static void save(String id, String text, String status) {
    try {
      Thread.sleep(SAVE_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return; // a database's driver gives up here too
    }
    MESSAGES.put(id, new Message(id, text, status));
  }

  public static Optional<Message> find(String id) {
    return Optional.ofNullable(MESSAGES.get(id));
  }

  /** The JSON of one piece, and of a message. */
  public static String json(String piece) {
    return "{\"text\":" + quoted(piece) + "}";
  }

  public static String json(Message message) {
    return "{\"id\":" + quoted(message.id) + ",\"text\":" + quoted(message.text) + ",\"status\":" + quoted(message.status) + "}";
  }

  /** A string of JSON (RFC 8259 §7): a question may hold line ends, which would be ends of fields in an event. */
  private static String quoted(String text) {
    var quoted = new StringBuilder("\"");
    for (var character : text.toCharArray()) {
      if (character == '"' || character == '\\') quoted.append('\\').append(character);
      else if (character < ' ') quoted.append("\\u%04x".formatted((int) character));
      else quoted.append(character);
    }
    return quoted.append('"').toString();
  }

  public static int port() {
    return Integer.parseInt(System.getenv("PORT"));
  }
}
