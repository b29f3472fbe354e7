package dev.lastword.dialect;

import dev.lastword.sse.SseEvent;
import java.util.List;
import java.util.function.Predicate;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;

/**
 * Joins the data of plain events as a person would expect to read it. How depends on what all of
 * them are:
 *
 * <ul>
 *   <li>JSON strings ({@code data: "Hel"}): decoded and joined, since servers encode tokens this
 *       way to keep their line ends.
 *   <li>JSON objects or arrays: one on a line, which tools for JSON Lines read.
 *   <li>anything else: joined with nothing between, since an event is most often a token, and
 *       tokens bring their own spaces and line ends.
 * </ul>
 *
 * <p>Markers and errors are left out. The final object is {@code {"text": …, "events": …}} with the
 * number of events joined.
 */
final class PlainAssembler implements ResponseAssembler {
  private final Predicate<SseEvent> leftOut;
  private final StringBuilder raw = new StringBuilder();
  private final StringBuilder decoded = new StringBuilder();
  private final StringBuilder lines = new StringBuilder();
  private boolean allStrings = true;
  private boolean allStructures = true;
  private int events;

  PlainAssembler(Predicate<SseEvent> leftOut) {
    this.leftOut = leftOut;
  }

  @Override
  public void accept(SseEvent event) {
    if (leftOut.test(event)) {
      return;
    }
    events++;
    var data = event.data();
    raw.append(data);
    if (allStrings) {
      joinString(data);
    }
    if (allStructures) {
      joinStructure(data);
    }
  }

  private void joinString(String data) {
    try (var parser = Json.parser(data)) {
      if (parser.nextToken() == JsonToken.VALUE_STRING) {
        var text = parser.getString();
        if (parser.nextToken() == null) {
          decoded.append(text);
          return;
        }
      }
    } catch (JacksonException e) {
      // Not JSON, so the events are not all JSON strings.
    }
    allStrings = false;
    decoded.setLength(0);
  }

  private void joinStructure(String data) {
    try (var parser = Json.parser(data)) {
      var first = parser.nextToken();
      if (first != null && first.isStructStart()) {
        parser.skipChildren();
        if (parser.nextToken() == null) {
          lines.append(lines.isEmpty() ? "" : "\n").append(data.strip().replace('\n', ' '));
          return;
        }
      }
    } catch (JacksonException e) {
      // Not JSON, so the events are not all JSON structures.
    }
    allStructures = false;
    lines.setLength(0);
  }

  @Override
  public AssembledResponse assemble() {
    var text = text();
    var choice = new AssembledResponse.Choice(0, text, null, List.of(), null);
    var json =
        Json.write(
            out -> {
              out.writeStartObject();
              out.writeStringProperty("text", text);
              out.writeNumberProperty("events", events);
              out.writeEndObject();
            });
    return new AssembledResponse(text, List.of(choice), null, json);
  }

  private String text() {
    return Json.wellFormed(allStrings ? decoded : allStructures ? lines : raw);
  }
}
