package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * Joins OpenAI chunks to the object that the endpoint would have answered without a stream.
 *
 * <p>{@code id}, {@code created} and {@code model} are the first that are not placeholders, as some
 * servers begin with empty ones. Members it does not know are kept: of a chunk or a choice the last
 * word, of a delta as {@link Joined} says.
 */
final class ChunkAssembler implements ResponseAssembler {
  private static final byte[] ERROR_TYPE = ChunkScan.ascii("error");
  private static final byte[] DATA = ChunkScan.ascii("data: ");

  /** Ends the line of data, and the event. */
  private static final int END_BYTES = 2;

  private static final Set<String> WRITTEN_FIRST = Set.of("id", "created", "model");

  private final OpenAiDialect dialect;
  private final Joined head = new Joined();
  private final TreeMap<Integer, ChoiceParts> choices = new TreeMap<>();
  private @Nullable String usage;

  /**
   * Usage that stands in a choice, or among a vendor's own members; counts where there is no other.
   */
  private @Nullable String usageInside;

  /** Of the chunk before, if it only had text to add; then {@link #text} is where it went. */
  private @Nullable ChunkShape shape;

  private StringBuilder text = new StringBuilder();
  private int misses;

  ChunkAssembler(OpenAiDialect dialect) {
    this.dialect = dialect;
  }

  @Override
  public void accept(SseEvent event) {
    var data = event.dataBytes();
    if (Arrays.equals(event.typeBytes(), ERROR_TYPE) || appended(data, 0, data.length)) {
      return;
    }
    shape = null;
    int start = ChunkScan.skipSpace(data, 0);
    if (start < data.length && data[start] == '{') {
      Piece.read(event.data()).ifPresent(chunk -> join(chunk, data));
    }
  }

  /**
   * Takes a chunk that is met again as it stands: its one line of data is the chunk. An event of
   * two lines, or of a type, is none of that shape, which holds no line end.
   */
  @Override
  public boolean acceptWire(byte[] wire, int from, int to) {
    return shape != null
        && ChunkScan.startsWith(wire, from, DATA)
        && appended(wire, from + DATA.length, to - END_BYTES);
  }

  private boolean appended(byte[] bytes, int from, int to) {
    int end = shape == null ? -1 : shape.textEnd(bytes, from, to);
    var more = shape == null || end < 0 ? null : shape.text(bytes, from, end);
    if (more == null) {
      return false;
    }
    text.append(more);
    misses = 0;
    return true;
  }

  private void join(Piece.Members chunk, byte[] data) {
    chunk.byName().forEach(this::join);
    if (misses < ChunkShape.MISSES_MAX
        && chunk.byName().get("choices") instanceof Piece.Elements(var elements)
        && elements.size() == 1
        && elements.getFirst() instanceof Piece.Members choice) {
      ChoiceParts.onlyText(choice).ifPresent(name -> remember(choice, name, data));
    }
  }

  private void remember(Piece.Members choice, String name, byte[] data) {
    var parts = choices.get(choice.index().orElse(0));
    if (parts != null) {
      misses++;
      text = parts.fragments();
      shape = ChunkShape.of(data, ChunkScan.ascii('"' + name + '"')).orElse(null);
    }
  }

  private void join(String name, Piece piece) {
    switch (name) {
      case "object", "obfuscation", "error" -> {}
      case "id", "created", "model" -> head.begin(name, piece);
      case "choices" -> {
        if (piece instanceof Piece.Elements(var elements)) {
          elements.forEach(this::joinChoice);
        }
      }
      case "usage" -> usage = object(piece, usage);
      case "x_groq" -> {
        head.replace(name, piece);
        if (piece instanceof Piece.Raw(String json)) {
          Piece.read(json, Piece.Opening.SURFACE)
              .ifPresent(groq -> usageInside = object(groq.get("usage"), usageInside));
        }
      }
      default -> head.replace(name, piece);
    }
  }

  private static @Nullable String object(Piece piece, @Nullable String otherwise) {
    return switch (piece) {
      case Piece.Raw(String json) when json.startsWith("{") -> json;
      case Piece.Members members -> Json.write(out -> Joined.write(out, members));
      case Piece.Raw raw -> otherwise;
      case Piece.Text text -> otherwise;
      case Piece.Elements elements -> otherwise;
    };
  }

  private void joinChoice(Piece piece) {
    if (piece instanceof Piece.Members choice) {
      usageInside = object(choice.get("usage"), usageInside);
      int index = choice.index().orElse(0);
      if (choices.size() < ChunkDetector.CHOICES_MAX || choices.containsKey(index)) {
        choices.computeIfAbsent(index, dialect::choice).join(choice);
      }
    }
  }

  @Override
  public AssembledResponse assemble() {
    var assembled = choices.values().stream().map(ChoiceParts::assemble).toList();
    var text = assembled.isEmpty() ? "" : assembled.getFirst().text();
    return new AssembledResponse(text, assembled, usage(), Json.write(this::write));
  }

  private @Nullable String usage() {
    return usage == null ? usageInside : usage;
  }

  private void write(JsonGenerator out) {
    out.writeStartObject();
    head.writeOr(out, "id", new Piece.Text(""));
    out.writeStringProperty("object", dialect.object());
    head.writeOr(out, "created", new Piece.Raw("0"));
    head.writeOr(out, "model", new Piece.Text(""));
    out.writeName("choices");
    out.writeStartArray();
    choices.values().forEach(choice -> dialect.write(choice, out));
    out.writeEndArray();
    if (usage() != null) {
      out.writeName("usage");
      out.writeRawValue(usage());
    }
    head.writeMembers(out, WRITTEN_FIRST);
    out.writeEndObject();
  }
}
