package dev.lastword.stream;

import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.TokenCounts;
import dev.lastword.dialect.AssembledResponse;
import dev.lastword.dialect.ResponseAssembler;
import dev.lastword.dialect.TokenUsage;
import dev.lastword.journal.Entry;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.EventDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts responses together from what was kept. */
final class Responses {
  /** In place of a response that was not put together. */
  static final AssembledResponse NONE = new AssembledResponse("", List.of(), null, "null");

  /** Why a stream failed whose answer was whole and that no hook took. */
  static final String SAVE_REJECTED = "save_rejected";

  /**
   * What putting a response together takes of the heap at the most, as a multiple of its events on
   * the wire: its text, once more in the dialect's final object, and all of it as JSON.
   */
  private static final int HEAP_FACTOR = 4;

  private static final long HEAP_LEAST = 4 << 10;

  /** Of a character in a text that is not all Latin-1. */
  private static final long TEXT_BYTES = 2;

  /** Of a character that a call writes: in its JSON, and in the bytes of that, which are copied. */
  private static final long CALL_BYTES = TEXT_BYTES + 2;

  /**
   * An answer up to this length, on the wire, is put together on its home while its ending is on
   * its way to the disk: less than the flush takes, and than handing it to another thread and back.
   */
  private static final int SMALL_BYTES = 64 << 10;

  private final MemoryBudget budget;

  Responses(MemoryBudget budget) {
    this.budget = budget;
  }

  /** Bytes of the heap that putting this stream's response together may take. */
  long bytesToAssemble(Stream stream) {
    return toAssemble(stream.bytes() + stream.history().withheldBytes());
  }

  private static long toAssemble(long wireBytes) {
    return HEAP_LEAST + HEAP_FACTOR * wireBytes;
  }

  /**
   * Whether the response can be put together at all: one that would take more than half of the
   * budget is kept as events only.
   */
  boolean fits(Stream stream) {
    return bytesToAssemble(stream) <= budget.bytes() / 2;
  }

  /**
   * Most bytes of an answer whose hooks are to be told of it: of a longer one they could never be.
   * The rest of what fits is for its last events.
   */
  long bytesMaxForHooks() {
    return Math.max(0, (budget.bytes() / 2 - HEAP_LEAST) / HEAP_FACTOR / 8 * 7);
  }

  /**
   * Bytes of the heap that a response takes while so many hooks are told of it, as one in few large
   * events takes more than its length on the wire says: its texts, and for each call its JSON, as a
   * text and twice as bytes. At most half of the budget, so that it may be had some time.
   */
  long bytesToTell(SavedResponse response, int hooks) {
    var assembled = response.response();
    long chars = assembled.text().length() + (long) assembled.json().length();
    for (var choice : assembled.choices()) {
      chars += choice.text().length();
      for (var call : choice.toolCalls()) {
        chars += call.arguments().length();
      }
    }
    return Math.min(HEAP_LEAST + (TEXT_BYTES + CALL_BYTES * hooks) * chars, budget.bytes() / 2);
  }

  /** What an awaited hook receives; see {@link SavedResponse#withoutContent}. */
  static SavedResponse toAwait(Stream stream, Outcome outcome, String reason, long endedMs) {
    return saved(stream, outcome, reason, new ResponseJson(NONE, 0, ""), endedMs);
  }

  /** What a hook receives. Blocks on the disk. */
  SavedResponse toSave(Stream stream, Outcome outcome, String reason, long endedMs) {
    return saved(stream, outcome, reason, assemble(stream), endedMs);
  }

  private static SavedResponse saved(
      Stream stream, Outcome outcome, String reason, ResponseJson assembled, long endedMs) {
    return new SavedResponse(
        stream.id(),
        outcome,
        reason,
        stream.attributes(),
        assembled.response(),
        assembled.events(),
        assembled.sha256(),
        stream.createdMs(),
        endedMs);
  }

  /**
   * What a hook receives once what is on its way is on disk, and the memory that it takes, which
   * whoever has it gives back.
   */
  record Ahead(SavedResponse response, long heldBytes) {}

  /**
   * Puts a small answer together whose ending is the last entry on its way to the disk. On the
   * home.
   *
   * @return empty where it is not small or not all in memory, or where something on its way may
   *     change the response: then it is put together once that is on disk
   */
  Optional<Ahead> ahead(Stream stream, Entry.Ending ending) {
    if (stream.isToldMore()) {
      return Optional.empty();
    }
    long bytes = stream.bytes() + stream.history().withheldBytes();
    for (var entry : stream.onTheirWay()) {
      if (entry instanceof Entry.Late) {
        return Optional.empty();
      }
      bytes += Digests.events(entry).lengthWithUpstreamIds();
    }
    long heldBytes = toAssemble(bytes);
    if (bytes > SMALL_BYTES || heldBytes > budget.bytes() / 2 || !budget.tryTake(heldBytes)) {
      return Optional.empty();
    }
    Optional<SavedResponse> response = Optional.empty();
    try {
      response = stream.history().resident().map(parts -> together(stream, parts, ending));
    } finally {
      if (response.isEmpty()) {
        budget.give(heldBytes);
      }
    }
    return response.map(whole -> new Ahead(whole, heldBytes));
  }

  private static SavedResponse together(
      Stream stream, List<EncodedEvents> parts, Entry.Ending ending) {
    var assembly = new Assembly(stream.dialect().assembler());
    parts.forEach(assembly::add);
    stream.onTheirWay().forEach(entry -> assembly.add(Digests.events(entry)));
    return saved(
        stream, Outcome.COMPLETED, "", assembly.finished(stream.attributes()), ending.atMs());
  }

  /** What an awaited hook was told of, with its content. Blocks on the disk. */
  SavedResponse toSave(Stream stream, SavedResponse told) {
    return saved(stream, told.outcome(), told.reason(), assemble(stream), told.endedMs());
  }

  /** What a hook received of a stream that is in the archive, once more. */
  SavedResponse toSave(ArchivedStream stream, String json) {
    return toSave(stream, ResponseJson.read(json));
  }

  /** The same, where the response was too large to be kept and has to be put together again. */
  SavedResponse toSaveAgain(Stream revived, ArchivedStream stream) {
    return toSave(stream, assemble(revived));
  }

  private static SavedResponse toSave(ArchivedStream stream, ResponseJson kept) {
    boolean whole = stream.reason().equals(SAVE_REJECTED);
    var outcome = stream.outcome();
    if (outcome == null) {
      throw new IllegalStateException("stream " + stream.id() + " has no outcome");
    }
    return new SavedResponse(
        stream.id(),
        whole ? Outcome.COMPLETED : outcome,
        whole ? "" : stream.reason(),
        stream.attributes(),
        kept.response(),
        kept.events(),
        kept.sha256(),
        stream.createdMs(),
        stream.endedMs());
  }

  /**
   * Assembles the answer of a stream, as far as it has come, block by block. Blocks on the disk.
   *
   * @throws ResponseTooLargeException if it would take too much of the heap
   */
  ResponseJson assemble(Stream stream) {
    if (!fits(stream)) {
      throw new ResponseTooLargeException(bytesToAssemble(stream), budget.bytes() / 2);
    }
    var assembly = new Assembly(stream.dialect().assembler());
    stream.history().readAnswer(block -> assembly.add(block.events()));
    return assembly.finished(stream.attributes());
  }

  private static AssembledResponse withUsage(AssembledResponse response, @Nullable String usage) {
    return usage == null || response.usage() != null
        ? response
        : new AssembledResponse(response.text(), response.choices(), usage, response.json());
  }

  /** What a response took, for the ledger; unknown where the upstream, or nobody here, says it. */
  static TokenCounts tokens(@Nullable ResponseJson response) {
    var said = TokenUsage.of(response == null ? null : response.response().usage());
    return new TokenCounts(said.in(), said.out(), said.cached(), said.reasoning());
  }

  /**
   * A response on its way to be whole: only what its assembler does not take as it is gets decoded.
   */
  private static final class Assembly {
    final ResponseAssembler assembler;
    private final EncodedEvents.Decoding decoding;
    final EventDigest digest = new EventDigest();

    Assembly(ResponseAssembler assembler) {
      this.assembler = assembler;
      this.decoding = new EncodedEvents.Decoding(assembler::accept);
    }

    void add(EncodedEvents run) {
      digest.add(run);
      for (int i = 0; i < run.count(); i++) {
        if (!assembler.acceptWire(run.wire(), run.start(i), run.end(i))) {
          decoding.decode(run, i, i + 1);
        }
      }
    }

    ResponseJson finished(Map<String, String> attributes) {
      var usage = attributes.get(Attributes.USAGE);
      if (usage != null && attributes.containsKey(Attributes.USAGE_ASKED)) {
        assembler.accept(HiddenUsage.chunk(usage));
      }
      return new ResponseJson(
          withUsage(assembler.assemble(), usage), digest.events(), Receipt.text(digest));
    }
  }

  /** A turn of a stream that is in the archive. */
  static Turn turn(StreamView view, String json) {
    return turn(view, ResponseJson.read(json).response());
  }

  static Turn turn(StreamView view, AssembledResponse response) {
    return new Turn(
        view,
        response.text(),
        response.choices().isEmpty() ? null : response.choices().get(0).finishReason(),
        null);
  }
}
