package dev.lastword.stream;

import dev.lastword.archive.ArchivedStream;
import dev.lastword.dialect.AssembledResponse;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import java.util.List;
import java.util.Objects;

/** Puts responses together from what was kept. */
final class Responses {
  /** Why a stream failed whose answer was whole and that no hook took. */
  static final String SAVE_REJECTED = "save_rejected";

  /** What a hook receives. Blocks on the disk. */
  SavedResponse toSave(Stream stream, Outcome outcome, String reason, long endedMs) {
    var assembled = assemble(stream);
    return new SavedResponse(
        stream.id(),
        outcome,
        reason,
        stream.attributes(),
        assembled.response(),
        assembled.events(),
        stream.createdMs(),
        endedMs);
  }

  /** What a hook received of a stream that is in the archive, once more. */
  SavedResponse toSave(ArchivedStream stream, String json) {
    var kept = ResponseJson.read(json);
    boolean whole = stream.reason().equals(SAVE_REJECTED);
    return new SavedResponse(
        stream.id(),
        whole ? Outcome.COMPLETED : outcomeOf(stream),
        whole ? "" : stream.reason(),
        stream.attributes(),
        kept.response(),
        kept.events(),
        stream.createdMs(),
        stream.endedMs());
  }

  private static Outcome outcomeOf(ArchivedStream stream) {
    return Objects.requireNonNull(stream.outcome(), "a stream at rest has its outcome");
  }

  /** Assembles the answer of a stream, as far as it has come. Blocks on the disk. */
  ResponseJson assemble(Stream stream) {
    var blocks = stream.readAnswer();
    var assembler = stream.dialect().assembler();
    EncodedEvents.decode(blocks.stream().map(Block::events).toList(), assembler::accept);
    return new ResponseJson(assembler.assemble(), count(blocks));
  }

  private static long count(List<Block> blocks) {
    return blocks.stream().mapToLong(block -> block.events().count()).sum();
  }

  /** A turn of a stream that is in the archive. */
  Turn turn(StreamView view, String json) {
    return turn(view, ResponseJson.read(json).response());
  }

  /** A turn of a stream that is not in the archive yet. */
  Turn turn(Stream stream) {
    return turn(stream.view(), assemble(stream).response());
  }

  private static Turn turn(StreamView view, AssembledResponse response) {
    return new Turn(
        view,
        response.text(),
        response.choices().isEmpty() ? null : response.choices().get(0).finishReason());
  }
}
