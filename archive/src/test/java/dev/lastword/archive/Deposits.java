package dev.lastword.archive;

import dev.lastword.archive.Archive.Deposit;
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

/** Streams to store, made up. */
final class Deposits {
  private static final List<Outcome> OUTCOMES = List.of(Outcome.values());

  private Deposits() {}

  static StreamId id(int number) {
    return new StreamId("stream_%010d".formatted(number));
  }

  /** A completed stream of a few events, created at a second of its number. */
  static Deposit deposit(int number) {
    return deposit(number, Map.of(), Outcome.COMPLETED, events(1, "Hello", " world", "[DONE]"));
  }

  static Deposit deposit(
      int number, Map<String, String> attributes, Outcome outcome, ArchivedEvents... runs) {
    long events = 0;
    long bytes = 0;
    for (var run : runs) {
      events += run.events().count();
      bytes += run.events().length();
    }
    var stream =
        new ClosedStream(
            id(number),
            attributes,
            outcome,
            outcome == Outcome.COMPLETED ? "" : "upstream_truncated",
            false,
            outcome == Outcome.COMPLETED,
            number * 1_000L,
            number * 1_000L + 500,
            events,
            bytes,
            0,
            List.of(new EpochSpan(1, 1)));
    return new Deposit(stream, List.of(runs), "{\"number\":" + number + "}", "text " + number);
  }

  /** A stream whose events take at least {@code bytes} on the wire. */
  static Deposit large(int number, int bytes) {
    return deposit(number, Map.of(), Outcome.COMPLETED, events(1, "x".repeat(bytes)));
  }

  static ArchivedEvents events(long firstSeq, String... data) {
    return new ArchivedEvents(
        firstSeq, EncodedEvents.of(List.of(data).stream().map(SseEvent::of).toList()));
  }

  /** Any stream: any text, any bytes, runs of any length. */
  static Deposit random(int number, Random random) {
    var runs = new ArrayList<ArchivedEvents>();
    long seq = 1;
    long bytes = 0;
    for (int run = random.nextInt(6); run > 0; run--) {
      var events = new ArrayList<SseEvent>();
      for (int i = random.nextInt(random.nextInt(10) == 0 ? 3_000 : 8); i >= 0; i--) {
        events.add(event(random));
      }
      var encoded = EncodedEvents.of(events);
      runs.add(new ArchivedEvents(seq, encoded));
      seq += encoded.count();
      bytes += encoded.length();
    }
    var epochs = new ArrayList<EpochSpan>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      epochs.add(new EpochSpan(random.nextLong(), 1 + i * 7L));
    }
    var attributes = new HashMap<String, String>();
    for (int i = random.nextInt(5); i > 0; i--) {
      attributes.put(text(random), text(random));
    }
    attributes.put(Archive.CONVERSATION, "conversation " + random.nextInt(3));
    var stream =
        new ClosedStream(
            id(number),
            Map.copyOf(attributes),
            OUTCOMES.get(random.nextInt(OUTCOMES.size())),
            text(random),
            random.nextBoolean(),
            random.nextBoolean(),
            random.nextInt(5),
            random.nextLong(),
            seq - 1,
            bytes,
            random.nextLong(),
            List.copyOf(epochs));
    return new Deposit(stream, List.copyOf(runs), text(random), text(random));
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

  private static String text(Random random) {
    var characters = "aZ0 \"'\\{}[]$.,:\t\n\r\0\u0007\u2028äß€😀%_;-".codePoints().toArray();
    return random
        .ints(random.nextInt(20), 0, characters.length)
        .map(i -> characters[i])
        .collect(
            StringBuilder::new, StringBuilder::appendCodePoint, (left, right) -> left.append(right))
        .toString();
  }
}
