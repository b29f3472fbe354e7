package dev.lastword.gateway;

import dev.lastword.archive.Archive;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Turn;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/** Streams and conversations as JSON; docs/protocols/http.md has the shapes. */
final class StreamJson {
  private static final Pattern PLACE = Pattern.compile("([0-9]{1,15})\\.([A-Za-z0-9_-]+)");

  private StreamJson() {}

  static byte[] of(StreamView view) {
    return Json.bytes(out -> write(out, view));
  }

  static byte[] list(List<StreamView> views, boolean full) {
    return Json.bytes(
        out -> {
          out.writeStartObject();
          out.writeArrayPropertyStart("streams");
          views.forEach(view -> write(out, view));
          out.writeEndArray();
          text(out, "next", full ? placeAfter(views.getLast()) : null);
          out.writeEndObject();
        });
  }

  private static String placeAfter(StreamView view) {
    return view.createdMs() + "." + view.id().value();
  }

  /** The place in the list that a {@code next} names. */
  static Optional<Archive.Place> placeOf(String next) {
    var parts = PLACE.matcher(next);
    return parts.matches()
        ? StreamId.parse(parts.group(2))
            .map(id -> new Archive.Place(Long.parseLong(parts.group(1)), id))
        : Optional.empty();
  }

  static byte[] conversation(String key, List<Turn> turns) {
    return Json.bytes(
        out -> {
          out.writeStartObject();
          text(out, "conversation", key);
          out.writeArrayPropertyStart("turns");
          turns.forEach(turn -> write(out, turn));
          out.writeEndArray();
          text(out, "running", running(turns));
          out.writeEndObject();
        });
  }

  private static @Nullable String running(List<Turn> turns) {
    String running = null;
    for (var turn : turns) {
      if (turn.stream().outcome() == null) {
        running = turn.stream().id().value();
      }
    }
    return running;
  }

  private static void write(JsonGenerator out, Turn turn) {
    var view = turn.stream();
    out.writeStartObject();
    text(out, "stream", view.id().value());
    text(out, "state", view.state());
    text(out, "outcome", word(view.outcome()));
    text(out, "reason", view.reason());
    text(out, "input", view.attributes().get(Attributes.INPUT));
    text(out, "text", turn.text());
    text(out, "finishReason", turn.finishReason());
    time(out, "created", view.createdMs());
    time(out, "ended", view.endedMs());
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, StreamView view) {
    var attributes = view.attributes();
    out.writeStartObject();
    text(out, "id", view.id().value());
    text(out, "state", view.state());
    text(out, "outcome", word(view.outcome()));
    text(out, "reason", view.reason());
    out.writeBooleanProperty("terminalMissing", view.terminalMissing());
    out.writeBooleanProperty("saved", view.saved());
    text(out, "dialect", attributes.get(Attributes.DIALECT));
    text(out, "model", attributes.get(Attributes.MODEL));
    text(out, "path", attributes.get(Attributes.PATH));
    text(out, "conversation", attributes.get(Attributes.CONVERSATION));
    time(out, "created", view.createdMs());
    time(out, "ended", view.endedMs());
    out.writeNumberProperty("events", view.events());
    out.writeNumberProperty("bytes", view.bytes());
    out.writeNumberProperty("late", view.late());
    text(out, "firstId", view.events() == 0 ? null : view.eventId(1));
    text(out, "lastId", view.events() == 0 ? null : view.eventId(view.events()));
    out.writeNumberProperty("subscribers", view.subscribers());
    text(out, "url", "/v1/stream/" + view.id().value());
    out.writeEndObject();
  }

  private static @Nullable String word(@Nullable Outcome outcome) {
    return outcome == null ? null : outcome.word();
  }

  private static void time(JsonGenerator out, String name, long ms) {
    text(out, name, ms == 0 ? null : Instant.ofEpochMilli(ms).toString());
  }

  private static void text(JsonGenerator out, String name, @Nullable String value) {
    if (value == null) {
      out.writeNullProperty(name);
    } else {
      out.writeStringProperty(name, value);
    }
  }
}
