package dev.lastword.testing;

import dev.lastword.archive.Archive;
import dev.lastword.archive.Archive.Batch;
import dev.lastword.archive.Archive.Checkpoint;
import dev.lastword.archive.Archive.Deposit;
import dev.lastword.archive.ArchivedEvents;
import dev.lastword.archive.ArchivedStream;
import dev.lastword.archive.ArchivedStream.State;
import dev.lastword.archive.EpochSpan;
import dev.lastword.journal.JournalId;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Streams to store, made up. Stream {@code number} is opened at position {@code 10 * number}. */
public final class Deposits {
  /** The journal that made-up streams come from. */
  public static final JournalId JOURNAL = JournalId.random(new Random(1));

  private static final List<Outcome> OUTCOMES = List.of(Outcome.values());
  private static final List<State> UNRELEASED = List.of(State.OPEN, State.COMPLETE, State.SAVED);

  private Deposits() {}

  /** An id for a number. */
  public static StreamId id(int number) {
    return new StreamId("stream_%010d".formatted(number));
  }

  /** A batch of deposits alone. */
  public static Batch batch(long checkpoint, Deposit... deposits) {
    return batch(checkpoint, List.of(deposits));
  }

  /** A batch of deposits alone. */
  public static Batch batch(long checkpoint, List<Deposit> deposits) {
    return new Batch(deposits, List.of(), List.of(), new Checkpoint(JOURNAL, checkpoint));
  }

  /** A batch of deletions alone. */
  public static Batch deletion(long checkpoint, Archive.Deletion... deletions) {
    return new Batch(List.of(), List.of(), List.of(deletions), new Checkpoint(JOURNAL, checkpoint));
  }

  /** A batch of savings alone. */
  public static Batch saving(long checkpoint, Archive.Saving... savings) {
    return new Batch(List.of(), List.of(savings), List.of(), new Checkpoint(JOURNAL, checkpoint));
  }

  /** A completed stream of three events at rest, created and complete at a second of its number. */
  public static Deposit resting(int number) {
    return resting(number, Map.of(), Outcome.COMPLETED, events(1, "Hello", " world", "[DONE]"));
  }

  /** A stream at rest with these events. */
  public static Deposit resting(
      int number, Map<String, String> attributes, Outcome outcome, ArchivedEvents... runs) {
    boolean completed = outcome == Outcome.COMPLETED;
    var stream =
        new ArchivedStream(
            id(number),
            attributes,
            number * 1_000L,
            number * 10L,
            number * 10L + 5,
            State.RELEASED,
            outcome,
            completed ? "" : "upstream_truncated",
            false,
            completed,
            false,
            true,
            completed,
            false,
            number * 1_000L + 500,
            number * 1_000L,
            count(runs),
            0,
            0,
            bytes(runs),
            0,
            List.of(new EpochSpan(1, 1)),
            "e30.e30.receipt-" + number);
    return new Deposit(stream, List.of(runs), "{\"number\":" + number + "}", "text " + number);
  }

  /** The same stream, opened at another place in the journal and stored up to the next one. */
  public static Deposit openedAt(long openedAt, Deposit deposit) {
    var s = deposit.stream();
    var stream =
        new ArchivedStream(
            s.id(),
            s.attributes(),
            s.createdMs(),
            openedAt,
            openedAt + 5,
            s.state(),
            s.outcome(),
            s.reason(),
            s.terminalMissing(),
            s.saved(),
            s.saveOver(),
            s.atRest(),
            s.ended(),
            s.corrupt(),
            s.endedMs(),
            s.completeTimeMs(),
            s.events(),
            s.withheld(),
            s.withheldBytes(),
            s.bytes(),
            s.late(),
            s.epochs(),
            s.receipt());
    return new Deposit(stream, deposit.events(), deposit.response(), deposit.text());
  }

  /** A stream at rest whose events take at least {@code bytes} on the wire. */
  public static Deposit large(int number, int bytes) {
    return resting(number, Map.of(), Outcome.COMPLETED, events(1, "x".repeat(bytes)));
  }

  /** A stream that is still open: some visible events of it, and what is withheld behind them. */
  public static Deposit unfinished(
      int number, long openedAt, long upTo, long visible, long withheld, ArchivedEvents... runs) {
    return unfinished(number, openedAt, upTo, visible, withheld, Map.of("model", "m"), runs);
  }

  /** A stream of which nothing has come yet. */
  public static Deposit unfinished(
      int number, long openedAt, long upTo, Map<String, String> attributes) {
    return unfinished(number, openedAt, upTo, 0, 0, attributes);
  }

  private static Deposit unfinished(
      int number,
      long openedAt,
      long upTo,
      long visible,
      long withheld,
      Map<String, String> attributes,
      ArchivedEvents... runs) {
    var stream =
        new ArchivedStream(
            id(number),
            attributes,
            number * 1_000L,
            openedAt,
            upTo,
            withheld > 0 ? State.COMPLETE : State.OPEN,
            null,
            "",
            false,
            false,
            false,
            false,
            false,
            false,
            0,
            0,
            visible,
            withheld,
            withheld * 10,
            visible * 10,
            0,
            List.of(new EpochSpan(1, 1)),
            "");
    return new Deposit(stream, List.of(runs), null, null);
  }

  /** Events with this data, numbered from {@code firstSeq} on. */
  public static ArchivedEvents events(long firstSeq, String... data) {
    return new ArchivedEvents(
        firstSeq, EncodedEvents.of(Stream.of(data).map(SseEvent::of).toList()));
  }

  /** Any stream: any state, any text, any bytes, runs of any length. */
  public static Deposit random(int number, Random random) {
    var runs = new ArrayList<ArchivedEvents>();
    long seq = 1;
    for (int run = random.nextInt(6); run > 0; run--) {
      var events = new ArrayList<SseEvent>();
      for (int i = random.nextInt(random.nextInt(10) == 0 ? 3_000 : 8); i >= 0; i--) {
        events.add(event(random));
      }
      runs.add(new ArchivedEvents(seq, EncodedEvents.of(events)));
      seq += events.size();
    }
    return new Deposit(
        randomStream(number, seq - 1, random),
        List.copyOf(runs),
        textOrNull(random),
        textOrNull(random));
  }

  private static ArchivedStream randomStream(int number, long lastSeq, Random random) {
    long withheld = random.nextInt(3) == 0 ? random.nextInt((int) lastSeq + 1) : 0;
    boolean atRest = random.nextInt(3) > 0;
    boolean released = atRest || random.nextBoolean();
    return new ArchivedStream(
        id(number),
        attributes(random),
        random.nextInt(5),
        number * 10L,
        number * 10L + random.nextInt(1_000),
        released ? State.RELEASED : UNRELEASED.get(random.nextInt(UNRELEASED.size())),
        released ? OUTCOMES.get(random.nextInt(OUTCOMES.size())) : null,
        text(random),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean(),
        atRest,
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextLong(),
        random.nextLong(0, Long.MAX_VALUE),
        lastSeq - withheld,
        withheld,
        random.nextLong(),
        random.nextInt(1_000_000),
        random.nextLong(),
        epochs(random),
        released ? text(random) : "");
  }

  private static List<EpochSpan> epochs(Random random) {
    var epochs = new ArrayList<EpochSpan>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      epochs.add(new EpochSpan(random.nextLong(), 1 + i * 7L));
    }
    return List.copyOf(epochs);
  }

  private static Map<String, String> attributes(Random random) {
    var attributes = new HashMap<String, String>();
    for (int i = random.nextInt(5); i > 0; i--) {
      attributes.put(text(random), text(random));
    }
    attributes.put(Archive.CONVERSATION, "conversation " + random.nextInt(3));
    if (random.nextInt(4) > 0) {
      attributes.put(Archive.OWNER, "owner " + random.nextInt(2));
    }
    return Map.copyOf(attributes);
  }

  private static SseEvent event(Random random) {
    var data = new byte[random.nextInt(random.nextInt(400) == 0 ? 400_000 : 60)];
    random.nextBytes(data); // any bytes, also NUL and what is not UTF-8
    var type = random.nextInt(4) == 0 ? text(random).replaceAll("[\r\n\0]", "") : "";
    var event = new SseEvent(type.getBytes(StandardCharsets.UTF_8), data, new byte[0]);
    return switch (random.nextInt(4)) {
      case 0 -> event.withId(text(random).replaceAll("[\r\n\0]", ""));
      case 1 -> event.withId("");
      default -> event;
    };
  }

  private static @Nullable String textOrNull(Random random) {
    return random.nextInt(4) == 0 ? null : text(random);
  }

  private static String text(Random random) {
    var characters = "aZ0 \"'\\{}[]$.,:\t\n\r\0\u0007\u2028äß€😀%_;-".codePoints().toArray();
    return random
        .ints(random.nextInt(20), 0, characters.length)
        .map(i -> characters[i])
        .collect(
            StringBuilder::new, StringBuilder::appendCodePoint, (left, right) -> left.append(right))
        .toString();
  }

  private static long count(ArchivedEvents... runs) {
    return Stream.of(runs).mapToLong(run -> run.events().count()).sum();
  }

  private static long bytes(ArchivedEvents... runs) {
    return Stream.of(runs).mapToLong(run -> run.events().length()).sum();
  }
}
