package dev.lastword.spring;

import dev.lastword.journal.StreamId;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Saver;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Owner;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a controller returns to answer by Lastword. The answer is opened when the framework takes
 * it, in the name of the request's owner; then it is written apart from its connection, sealed, and
 * read by whoever has asked, and by whoever comes back to it.
 *
 * <p>Made by {@link LastwordSse}; each method gives another one.
 */
public final class SseAnswer {
  private final Writing writing;
  private final Optional<StreamId> id;
  private final Optional<Owner> owner;
  private final Optional<Saver> saver;
  private final Map<String, String> attributes;

  /** Begins to write an answer, on threads of its own. */
  @FunctionalInterface
  interface Writing {
    void begin(Answer answer, Optional<Saver> saver, SourceContext context);
  }

  SseAnswer(Writing writing) {
    this(writing, Optional.empty(), Optional.empty(), Optional.empty(), Map.of());
  }

  private SseAnswer(
      Writing writing,
      Optional<StreamId> id,
      Optional<Owner> owner,
      Optional<Saver> saver,
      Map<String, String> attributes) {
    this.writing = writing;
    this.id = id;
    this.owner = owner;
    this.saver = saver;
    this.attributes = attributes;
  }

  /**
   * With an id that the application chose; there may be one answer of it.
   *
   * @throws IllegalArgumentException if it is no id: 16 to 64 of {@code A-Z a-z 0-9 _ -}
   */
  public SseAnswer id(String chosen) {
    return new SseAnswer(writing, Optional.of(new StreamId(chosen)), owner, saver, attributes);
  }

  /** In a conversation, by which it is found again. */
  public SseAnswer conversation(String key) {
    return with(Attributes.CONVERSATION, key);
  }

  /** With what the person had said. */
  public SseAnswer input(String text) {
    return with(Attributes.INPUT, text);
  }

  /** With one more attribute, which savers are given. */
  public SseAnswer with(String name, String value) {
    var more = new HashMap<>(attributes);
    more.put(name, value);
    return new SseAnswer(writing, id, owner, saver, Map.copyOf(more));
  }

  /** Saved by this, in place of the application's {@link Saver} bean. */
  public SseAnswer saver(Saver own) {
    return new SseAnswer(writing, id, owner, Optional.of(own), attributes);
  }

  /** Belonging to somebody else than who asks. */
  public SseAnswer owner(Owner other) {
    return new SseAnswer(writing, id, Optional.of(other), saver, attributes);
  }

  Owner ownerOr(Owner asking) {
    return owner.orElse(asking);
  }

  AnswerRequest request(Owner asking, String path) {
    var all = new HashMap<String, String>();
    all.put(Attributes.PATH, path);
    all.putAll(attributes);
    var request = AnswerRequest.of(ownerOr(asking));
    for (var attribute : all.entrySet()) {
      request = request.with(attribute.getKey(), attribute.getValue());
    }
    return id.isPresent() ? request.id(id.get()) : request;
  }

  /** Begins to write the answer, on threads of its own. */
  void write(Answer answer, SourceContext context) {
    writing.begin(answer, saver, context);
  }
}
