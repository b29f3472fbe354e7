package dev.lastword.stream;

import dev.lastword.archive.ArchiveDamagedException;
import dev.lastword.archive.ArchiveFailedException;
import dev.lastword.journal.JournalFailedException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One turn of a conversation.
 *
 * @param text the answer, as far as it has come; {@code ""} if it is unreadable
 * @param finishReason as the upstream said it, or null
 * @param unreadable why its text will never be there: {@code corrupt}, {@code response_too_large},
 *     {@code not_assembled}, or {@code deleted} meanwhile; null where it is
 */
public record Turn(
    StreamView stream, String text, @Nullable String finishReason, @Nullable String unreadable) {

  static Turn without(StreamView stream, String why) {
    return new Turn(stream, "", null, why);
  }

  /** Why a text will never be there, by what its reading failed with; empty if it may be. */
  public static Optional<String> whyUnreadable(RuntimeException cause) {
    return switch (cause) {
      case StreamCorruptException e -> Optional.of("corrupt");
      case ArchiveDamagedException e -> Optional.of("corrupt");
      case StreamDeletedException e -> Optional.of("deleted");
      case ResponseTooLargeException e -> Optional.of("response_too_large");
      case ArchiveFailedException e -> Optional.empty();
      case JournalFailedException e -> Optional.empty();
      case MemoryFullException e -> Optional.empty();
      default -> Optional.of("not_assembled");
    };
  }
}
