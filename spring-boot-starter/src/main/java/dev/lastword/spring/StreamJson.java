package dev.lastword.spring;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.Lastword;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Turn;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * What the endpoints say of streams, as objects that any JSON library writes. Waits for the disk.
 */
final class StreamJson {
  private static final int LIMIT_MAX = 1_000;

  private final Lastword lastword;
  private final LastwordProperties.Endpoints endpoints;

  StreamJson(Answers answers) {
    this.lastword = answers.lastword();
    this.endpoints = answers.properties().endpoints();
  }

  Map<String, Object> list(Owner owner, @Nullable String conversation, int limit) {
    requireName(owner);
    var query = new StreamQuery(null, null, conversation, null, null, checked(limit));
    return Map.of("streams", lastword.list(owner, query).stream().map(StreamJson::stream).toList());
  }

  Map<String, Object> conversation(Owner owner, String key, int limit) {
    requireName(owner);
    List<Map<String, Object>> turns =
        lastword.conversation(key, owner, checked(limit)).stream().map(StreamJson::turn).toList();
    return Map.of("conversation", key, "turns", turns);
  }

  String response(Owner owner, StreamId id) {
    return lastword.response(id, owner).orElseThrow(() -> Answers.unknown(id));
  }

  Map<String, Object> cancel(Owner owner, StreamId id) {
    return switch (lastword.cancel(id, owner)) {
      case CancelResult.Cancelled(StreamView view) -> stream(view);
      case CancelResult.Ended(StreamView view) ->
          throw new ResponseStatusException(
              HttpStatus.CONFLICT, "the stream is %s".formatted(view.state()));
      case CancelResult.Unknown() -> throw Answers.unknown(id);
    };
  }

  /** Nobody's answers are everybody's who shows no name. */
  private void requireName(Owner owner) {
    if (owner.value().isEmpty() && !owner.all() && !endpoints.anonymousLists()) {
      throw new ResponseStatusException(
          HttpStatus.FORBIDDEN,
          "answers are listed to those who have a name; lastword.endpoints.anonymous-lists says"
              + " otherwise");
    }
  }

  private static int checked(int limit) {
    if (limit < 1 || limit > LIMIT_MAX) {
      throw new ResponseStatusException(
          HttpStatus.BAD_REQUEST, "limit is %d: 1 to %d".formatted(limit, LIMIT_MAX));
    }
    return limit;
  }

  private static Map<String, Object> turn(Turn turn) {
    var json = stream(turn.stream());
    var input = turn.stream().attributes().get(Attributes.INPUT);
    if (input != null) {
      json.put("input", input);
    }
    json.put("text", turn.text());
    return json;
  }

  private static Map<String, Object> stream(StreamView view) {
    var json = new LinkedHashMap<String, Object>();
    json.put("id", view.id().value());
    json.put("state", view.state());
    var outcome = view.outcome();
    if (outcome != null) {
      json.put("outcome", outcome.word());
      if (outcome != Outcome.COMPLETED) {
        json.put("reason", view.reason());
      }
    }
    json.put("saved", view.saved());
    json.put("events", view.events());
    json.put("created_ms", view.createdMs());
    if (view.endedMs() > 0) {
      json.put("ended_ms", view.endedMs());
    }
    for (var name : List.of(Attributes.CONVERSATION, Attributes.PATH)) {
      var value = view.attributes().get(name);
      if (value != null) {
        json.put(name, value);
      }
    }
    return json;
  }
}
