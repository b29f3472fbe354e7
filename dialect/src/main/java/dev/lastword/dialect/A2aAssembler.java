package dev.lastword.dialect;

import dev.lastword.dialect.A2aUpdates.Kind;
import dev.lastword.dialect.A2aUpdates.Update;
import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/**
 * The final object is the task as its updates have left it, or the message of an agent that made
 * none. The text is that of the task's artifacts, each on a line; where it has none, what the agent
 * said last.
 */
final class A2aAssembler implements ResponseAssembler {
  /** Artifacts of a task, and parts of all of them together, that are kept. */
  private static final int ARTIFACTS_MAX = 1_024;

  private static final int PARTS_MAX = 100_000;

  private static final Set<String> ARTIFACTS = Set.of("artifacts");
  private static final Set<String> PARTS = Set.of("parts");

  private final Joined task = new Joined();
  private final Map<String, Artifact> artifacts = new LinkedHashMap<>();
  private int parts;
  private String state = "";
  private Piece.@Nullable Members said;
  private Piece.@Nullable Members message;

  /** One artifact, whose parts come in pieces. */
  private static final class Artifact {
    final Joined members = new Joined();
    final List<Piece> parts = new ArrayList<>();
  }

  @Override
  public void accept(SseEvent event) {
    Piece.read(event.data(), A2aUpdates::opens)
        .filter(JsonRpc::isResponse)
        .filter(answer -> answer.byName().containsKey("result"))
        .map(Update::of)
        .ifPresent(this::join);
  }

  private void join(Update update) {
    var body = update.body();
    switch (update.kind()) {
      case TASK -> joinTask(body);
      case STATUS -> {
        task.begin("id", body.get("taskId"));
        task.begin("contextId", body.get("contextId"));
        joinStatus(update, body);
      }
      case ARTIFACT -> {
        task.begin("id", body.get("taskId"));
        task.begin("contextId", body.get("contextId"));
        joinArtifact(body.members("artifact"), body.get("append").equals(new Piece.Raw("true")));
      }
      case MESSAGE -> {
        message = body;
        said = body;
      }
      case UNKNOWN -> {}
    }
  }

  private void joinTask(Piece.Members body) {
    body.byName()
        .forEach(
            (name, piece) -> {
              if (!name.equals("artifacts") && !name.equals("status")) {
                task.set(name, piece);
              }
            });
    joinStatus(new Update(Kind.TASK, body), body);
    if (body.get("artifacts") instanceof Piece.Elements(var list)) {
      for (var element : list) {
        if (element instanceof Piece.Members artifact) {
          joinArtifact(artifact, false);
        }
      }
    }
  }

  private void joinStatus(Update update, Piece.Members body) {
    if (body.get("status") instanceof Piece.Members status) {
      task.set("status", status);
      state = update.state();
      if (status.get("message") instanceof Piece.Members words) {
        said = words;
      }
    }
  }

  private void joinArtifact(Piece.Members piece, boolean append) {
    var id = piece.text("artifactId");
    if (artifacts.size() >= ARTIFACTS_MAX && !artifacts.containsKey(id)) {
      return;
    }
    var artifact = artifacts.computeIfAbsent(id, key -> new Artifact());
    piece
        .byName()
        .forEach(
            (name, member) -> {
              if (!name.equals("parts")) {
                artifact.members.replace(name, member);
              }
            });
    if (!append) {
      parts -= artifact.parts.size();
      artifact.parts.clear();
    }
    if (piece.get("parts") instanceof Piece.Elements(var list)) {
      for (var part : list) {
        if (parts < PARTS_MAX) {
          artifact.parts.add(part);
          parts++;
        }
      }
    }
  }

  @Override
  public AssembledResponse assemble() {
    var text = Json.wellFormed(text());
    var choice = new Choice(0, text, null, List.of(), finishReason());
    return new AssembledResponse(text, List.of(choice), null, Json.write(this::write));
  }

  private String text() {
    var made =
        artifacts.values().stream()
            .map(artifact -> text(artifact.parts))
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("\n"));
    return made.isEmpty() && said != null && said.get("parts") instanceof Piece.Elements(var words)
        ? text(words)
        : made;
  }

  private static String text(List<Piece> parts) {
    return parts.stream()
        .map(part -> part instanceof Piece.Members members ? members.text("text") : "")
        .collect(Collectors.joining());
  }

  /** The state that the task was left in; null while it runs, and where there is no task. */
  private @Nullable String finishReason() {
    return switch (state) {
      case "", "submitted", "working" -> null;
      case String left -> Json.wellFormed(left);
    };
  }

  private void write(JsonGenerator out) {
    if (message != null && task.isEmpty()) {
      Joined.write(out, message);
      return;
    }
    out.writeStartObject();
    task.writeMembers(out, ARTIFACTS);
    if (!artifacts.isEmpty()) {
      out.writeName("artifacts");
      out.writeStartArray();
      artifacts.values().forEach(artifact -> write(out, artifact));
      out.writeEndArray();
    }
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Artifact artifact) {
    out.writeStartObject();
    artifact.members.writeMembers(out, PARTS);
    out.writeName("parts");
    out.writeStartArray();
    artifact.parts.forEach(part -> Joined.write(out, part));
    out.writeEndArray();
    out.writeEndObject();
  }
}
