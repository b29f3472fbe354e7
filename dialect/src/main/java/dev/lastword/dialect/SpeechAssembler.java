package dev.lastword.dialect;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.sse.SseEvent;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Joins the pieces of spoken audio. There is no text to read. */
final class SpeechAssembler implements ResponseAssembler {
  private final ByteArrayOutputStream audio = new ByteArrayOutputStream();
  private @Nullable Object usage;
  private boolean done;

  @Override
  public void accept(SseEvent event) {
    JsonTree.object(event.data())
        .ifPresent(
            members -> {
              switch (JsonTree.text(members, "type")) {
                case "speech.audio.delta" -> append(JsonTree.text(members, "audio"));
                case "speech.audio.done" -> {
                  done = true;
                  usage = members.get("usage") instanceof Map<?, ?> counted ? counted : null;
                }
                default -> {} // of no sound
              }
            });
  }

  private void append(String base64) {
    try {
      audio.writeBytes(Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      // Not audio: no player would take it either.
    }
  }

  @Override
  public AssembledResponse assemble() {
    var counted = usage;
    return new AssembledResponse(
        "",
        List.of(new Choice(0, "", null, List.of(), done ? "stop" : null)),
        counted == null ? null : Json.write(out -> JsonTree.write(out, counted)),
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeStringProperty(
                  "audio", Base64.getEncoder().encodeToString(audio.toByteArray()));
              out.writeName("usage");
              JsonTree.write(out, counted == null ? JsonTree.Literal.NULL : counted);
              out.writeEndObject();
            }));
  }
}
