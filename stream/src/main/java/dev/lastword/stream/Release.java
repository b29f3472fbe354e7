package dev.lastword.stream;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What has to acknowledge a complete response before its ending is said. */
public sealed interface Release {
  /** The journal is the save: COMPLETE, SAVED and RELEASED are one entry. */
  record JournalOnly() implements Release {}

  /** Every one of these hooks, whatever the stream. */
  record Hooks(List<SaveHook> hooks) implements Release {
    /** A copy is kept. */
    public Hooks {
      hooks = List.copyOf(hooks);
    }
  }

  /**
   * The hooks that a stream names itself ({@link Attributes#SAVE}); for one that names none the
   * journal is the save.
   *
   * @param hooks the hook of a name, asked anew for every call. Where there is none any more, that
   *     is a call that has failed: what a stream was promised is not forgotten with a configuration
   */
  record Named(Function<String, Optional<SaveHook>> hooks) implements Release {}

  /**
   * The hooks of one stream; none where the journal is the save.
   *
   * @param attributes as the stream was opened with
   */
  default List<NamedHook> of(Map<String, String> attributes) {
    return switch (this) {
      case JournalOnly alone -> List.of();
      case Hooks some -> NamedHook.numbered(some.hooks());
      case Named named ->
          Attributes.hooks(attributes).stream()
              .map(name -> new NamedHook(name, new HookByName(named, name)))
              .toList();
    };
  }
}
