package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.ToolCall;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * The tool calls of one choice, joined from their deltas.
 *
 * <p>A delta belongs to the call of its index. Some servers number every call 0, or none: there a
 * delta that brings a name, and an id of its own or arguments behind whole ones, starts another.
 */
final class ToolCalls {
  /** Calls that are kept of one choice. */
  private static final int CALLS_MAX = 1_024;

  private static final int UNNUMBERED = Integer.MAX_VALUE;
  private static final Set<String> KNOWN = Set.of("index", "id", "type", "function", "custom");

  private final List<Call> calls = new ArrayList<>();

  private static final class Call {
    final int index;
    final StringBuilder name = new StringBuilder();
    final StringBuilder arguments = new StringBuilder();
    final Joined rest = new Joined();

    Call(int index) {
      this.index = index;
    }

    String id() {
      return rest.text("id");
    }

    boolean custom() {
      return rest.text("type").equals("custom");
    }
  }

  /** Joins one element of {@code tool_calls}. */
  void join(Piece.Members delta) {
    var function = function(delta);
    var id = delta.text("id");
    var name = function.text("name");
    int index = delta.index().orElse(UNNUMBERED);
    var call = latest(index);
    if (call == null || startsAnother(call, id, name)) {
      if (calls.size() == CALLS_MAX) {
        return;
      }
      call = new Call(index);
      calls.add(call);
    }
    join(call, delta, function);
  }

  private static Piece.Members function(Piece.Members delta) {
    var function = delta.byName().getOrDefault("function", delta.byName().get("custom"));
    return function instanceof Piece.Members members ? members : Piece.Members.NONE;
  }

  private @Nullable Call latest(int index) {
    for (var call : calls.reversed()) {
      if (call.index == index) {
        return call;
      }
    }
    return null;
  }

  /**
   * Whether a delta that has a name starts another call. Where ids do not tell, a call takes no
   * more once its arguments are whole, nor another name once it has some.
   */
  private static boolean startsAnother(Call call, String id, String name) {
    if (name.isEmpty()) {
      return false;
    }
    if (call.index == UNNUMBERED) {
      return id.isEmpty() || !id.equals(call.id());
    }
    if (!id.isEmpty() && !call.id().isEmpty()) {
      return !id.equals(call.id());
    }
    return !call.arguments.isEmpty()
        && (!name.contentEquals(call.name) || Json.isWhole(call.arguments));
  }

  private static void join(Call call, Piece.Members delta, Piece.Members function) {
    call.rest.begin("id", new Piece.Text(delta.text("id")));
    var name = function.text("name");
    if (!name.contentEquals(call.name)) { // some servers repeat it with every fragment
      call.name.append(name);
    }
    for (var member : List.of("arguments", "input")) {
      switch (function.byName().get(member)) {
        case Piece.Text(String fragment) -> call.arguments.append(fragment);
        case Piece.Raw raw when !raw.equals(Piece.Raw.NULL) -> call.arguments.append(raw.json());
        case null, default -> {}
      }
    }
    delta
        .byName()
        .forEach(
            (member, piece) -> {
              if (!KNOWN.contains(member) || member.equals("type")) {
                call.rest.join(member, piece);
              }
            });
  }

  boolean isEmpty() {
    return calls.isEmpty();
  }

  private List<Call> ordered() {
    return calls.stream().sorted(Comparator.comparingInt(call -> call.index)).toList();
  }

  List<ToolCall> assemble() {
    return ordered().stream()
        .map(
            call ->
                new ToolCall(
                    call.id(), Json.wellFormed(call.name), Json.wellFormed(call.arguments)))
        .toList();
  }

  /** Writes the array as a response without a stream has it: no indexes, arguments whole. */
  void write(JsonGenerator out) {
    out.writeStartArray();
    for (var call : ordered()) {
      out.writeStartObject();
      call.rest.writeOr(out, "id", new Piece.Text(""));
      call.rest.writeOr(out, "type", new Piece.Text("function"));
      out.writeName(call.custom() ? "custom" : "function");
      out.writeStartObject();
      out.writeStringProperty("name", Json.wellFormed(call.name));
      out.writeStringProperty(
          call.custom() ? "input" : "arguments", Json.wellFormed(call.arguments));
      out.writeEndObject();
      call.rest.writeMembers(out, KNOWN);
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
