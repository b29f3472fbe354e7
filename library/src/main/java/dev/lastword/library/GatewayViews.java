package dev.lastword.library;

import dev.lastword.archive.EpochSpan;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.StreamView;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a gateway says of streams, as the engine says it. */
final class GatewayViews {
  private static final Pattern EVENT_ID = Pattern.compile("([0-9]{1,18})-([0-9]{1,18})");
  private static final List<String> ATTRIBUTES =
      List.of(Attributes.DIALECT, Attributes.MODEL, Attributes.PATH, Attributes.CONVERSATION);

  private GatewayViews() {}

  /** Whether an event may be called so. */
  static boolean isEventId(String text) {
    return EVENT_ID.matcher(text).matches();
  }

  /** A stream. */
  static StreamView stream(JsonObject json) {
    var attributes = new HashMap<String, String>();
    for (var name : ATTRIBUTES) {
      if (!json.text(name).isEmpty()) {
        attributes.put(name, json.text(name));
      }
    }
    json.object("attributes").ifPresent(own -> attributes.putAll(own.texts()));
    return new StreamView(
        id(json.text("id")),
        attributes,
        json.text("state"),
        outcome(json.text("outcome")).orElse(null),
        json.text("reason"),
        json.isTrue("terminalMissing"),
        json.isTrue("saved"),
        ms(json.text("created")),
        ms(json.text("ended")),
        json.number("events"),
        json.number("bytes"),
        json.number("late"),
        epochs(json),
        json.text("receipt"),
        (int) json.number("subscribers"));
  }

  /** The same with one more attribute, unless that is empty. */
  static StreamView with(StreamView view, String name, String value) {
    if (value.isEmpty()) {
      return view;
    }
    var attributes = new HashMap<>(view.attributes());
    attributes.put(name, value);
    return new StreamView(
        view.id(),
        attributes,
        view.state(),
        view.outcome(),
        view.reason(),
        view.terminalMissing(),
        view.saved(),
        view.createdMs(),
        view.endedMs(),
        view.events(),
        view.bytes(),
        view.late(),
        view.epochs(),
        view.receipt(),
        view.subscribers());
  }

  /** Only the last event of a stream may be of another epoch than those before it. */
  private static List<EpochSpan> epochs(JsonObject json) {
    var first = EVENT_ID.matcher(json.text("firstId"));
    var last = EVENT_ID.matcher(json.text("lastId"));
    if (!first.matches() || !last.matches()) {
      return List.of();
    }
    var begin = new EpochSpan(Long.parseLong(first.group(1)), 1);
    long end = Long.parseLong(last.group(1));
    return end == begin.epoch()
        ? List.of(begin)
        : List.of(begin, new EpochSpan(end, Long.parseLong(last.group(2))));
  }

  /** A response that waits to be saved. */
  static SavedResponse saving(JsonObject json) {
    return SavedResponse.of(
        id(json.text("stream")),
        outcome(json.text("outcome")).orElse(Outcome.COMPLETED),
        json.text("reason"),
        json.object("attributes").map(JsonObject::texts).orElse(Map.of()),
        json.text("response"),
        ms(json.text("created")),
        ms(json.text("ended")));
  }

  static Optional<Outcome> outcome(String word) {
    return Arrays.stream(Outcome.values()).filter(it -> it.word().equals(word)).findFirst();
  }

  private static StreamId id(String text) {
    return StreamId.parse(text)
        .orElseThrow(
            () ->
                new GatewayException(
                    200, "answer_malformed", "what answers there is no gateway", null));
  }

  private static long ms(String time) {
    try {
      return time.isEmpty() ? 0 : Instant.parse(time).toEpochMilli();
    } catch (DateTimeParseException e) {
      return 0;
    }
  }
}
