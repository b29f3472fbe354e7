package dev.lastword.testing;

import dev.lastword.journal.Entry;
import dev.lastword.journal.Journal;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Numbered entries of one stream, and what became of them. */
public final class Acks {
  /** The stream. */
  public static final StreamId STREAM = new StreamId("numbered-numbered-00");

  private Acks() {}

  /** Told the position, or the refusal as the failure's message. */
  public static CompletableFuture<Long> append(Journal journal, long number) {
    var told = new CompletableFuture<Long>();
    journal.append(
        entry(number),
        journal.fence(),
        new Journal.Ack() {
          @Override
          public void durable(long position, long epoch, long timeMs) {
            told.complete(position);
          }

          @Override
          public void refused(Journal.Refusal refusal) {
            told.completeExceptionally(new IllegalStateException(refusal.toString()));
          }
        });
    return told;
  }

  /** Appends, and waits for the acknowledgement. */
  public static long durable(Journal journal, long number) throws Exception {
    return append(journal, number).get(60, TimeUnit.SECONDS);
  }

  /** Appends until one is refused, a few at a time; gives the numbers that were acknowledged. */
  public static CompletableFuture<List<Long>> untilRefused(Journal journal) {
    return CompletableFuture.supplyAsync(
        () -> {
          var acked = new ArrayList<Long>();
          for (long next = 1; ; next += 4) {
            var told = new ArrayList<CompletableFuture<Long>>();
            for (long each = next; each < next + 4; each++) {
              told.add(append(journal, each));
            }
            for (int i = 0; i < told.size(); i++) {
              if (told.get(i).handle((position, refused) -> refused != null).join()) {
                return acked;
              }
              acked.add(next + i);
            }
          }
        },
        task -> Thread.ofPlatform().daemon().start(task));
  }

  /** The entry of a number. */
  public static Entry entry(long number) {
    return new Entry.Appended(
        STREAM, number, EncodedEvents.of(List.of(SseEvent.of("event " + number))));
  }

  /** The numbers that a replay visits. */
  public static List<Long> replayed(Journal journal) {
    var numbers = new ArrayList<Long>();
    journal.replay(
        0, (entry, position, epoch, timeMs) -> numbers.add(((Entry.Appended) entry).firstSeq()));
    return numbers;
  }
}
