package dev.lastword.library;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.TokensDialect;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Owner;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an answer is opened with.
 *
 * @param owner whom it belongs to: for anybody else there is no such answer
 * @param id its id, or empty for a random one
 * @param dialect how its events speak; {@link TokensDialect} unless said otherwise
 * @param attributes what is written down about it, 1 MiB at the most; names are in {@link
 *     Attributes}, others are the application's own
 */
public record AnswerRequest(
    Owner owner, Optional<StreamId> id, Dialect dialect, Map<String, String> attributes) {
  /** What the engine writes down itself, and goes by. */
  private static final Set<String> RESERVED =
      Set.of(
          Attributes.DIALECT,
          Attributes.OWNER,
          Attributes.SAVE,
          Attributes.SAVE_POLICY,
          Attributes.CLAIM,
          Attributes.USAGE,
          Attributes.USAGE_ASKED);

  /**
   * A copy is kept.
   *
   * @throws IllegalArgumentException if the owner sees every stream, so that it cannot own one; or
   *     if an attribute is one that the engine writes down itself
   */
  public AnswerRequest {
    if (owner.all()) {
      throw new IllegalArgumentException("owner: Owner.ALL sees every answer and owns none");
    }
    attributes = Map.copyOf(attributes);
    for (var name : RESERVED) {
      if (attributes.containsKey(name)) {
        throw new IllegalArgumentException("attribute " + name + ": written down by the engine");
      }
    }
  }

  /** An answer of an owner. */
  public static AnswerRequest of(Owner owner) {
    return new AnswerRequest(owner, Optional.empty(), TokensDialect.TOKENS, Map.of());
  }

  /** The same with an id that the application chose; there may be one answer of it. */
  public AnswerRequest id(StreamId chosen) {
    return new AnswerRequest(owner, Optional.of(chosen), dialect, attributes);
  }

  /** The same in a conversation, by which {@link Lastword#conversation} finds it. */
  public AnswerRequest conversation(String key) {
    return with(Attributes.CONVERSATION, key);
  }

  /** The same with what the person had said, for {@link Lastword#conversation}. */
  public AnswerRequest input(String text) {
    return with(Attributes.INPUT, text);
  }

  /**
   * The same in another dialect, such as {@code Dialects.named("openai-chat")}. Only events can be
   * sent then, and those that say an ending are kept back until the answer is sealed.
   */
  public AnswerRequest dialect(Dialect spoken) {
    return new AnswerRequest(owner, id, spoken, attributes);
  }

  /** The same with one more attribute. */
  public AnswerRequest with(String name, String value) {
    var more = new HashMap<>(attributes);
    more.put(name, value);
    return new AnswerRequest(owner, id, dialect, more);
  }
}
