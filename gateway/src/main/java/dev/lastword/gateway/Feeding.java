package dev.lastword.gateway;

import dev.lastword.sse.EventTooLargeException;
import dev.lastword.sse.SseEvent;
import dev.lastword.sse.SseParser;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request whose body is events of a stream that an application writes. They are taken as they
 * come, so that a body that breaks off has brought what was whole of it. On the exchange's loop,
 * but for what is said of the home.
 */
final class Feeding implements BodyReceiver {
  /** What is unfinished takes its memory from the budget beyond this. */
  private static final int FREE_BYTES = 64 << 10;

  private final Exchange exchange;
  private final RemoteProducer producer;
  private final ResponseBudget budget;
  private final Runnable whole;
  private final List<SseEvent> events = new ArrayList<>();
  private final SseParser parser;
  private long next;
  private boolean refused;

  /** Most bytes that an event takes now which has not come whole. */
  private int unfinished;

  private int held;
  private ResponseBudget.@Nullable Lease lease;

  private Feeding(
      Exchange exchange,
      RemoteProducer producer,
      ResponseBudget budget,
      long first,
      Runnable whole) {
    this.exchange = exchange;
    this.producer = producer;
    this.budget = budget;
    this.next = first;
    this.whole = whole;
    this.parser = new SseParser(producer.eventBytesMax(), events::add);
  }

  /**
   * Receives the body.
   *
   * @param budget what an event that has not come whole takes its memory from
   * @param first the number of its first event
   * @param whole run on the stream's home once all of it was taken; else the request is answered
   */
  static void start(
      Exchange exchange,
      RemoteProducer producer,
      ResponseBudget budget,
      long first,
      Runnable whole) {
    var feeding = new Feeding(exchange, producer, budget, first, whole);
    producer.home().run(() -> producer.feeds(feeding));
    exchange.listen(
        new ExchangeListener() {
          @Override
          public void gone() {
            feeding.leave();
          }
        });
    if (exchange.request().hasBody()) {
      exchange.receive(feeding);
    } else {
      feeding.complete();
    }
  }

  @Override
  public void part(ByteBuf part) {
    if (refused) {
      return;
    }
    int more = part.readableBytes();
    if (!holds(unfinished + more)) {
      refuse(budget.refusal());
      return;
    }
    unfinished += more;
    try {
      parser.feed(part.nioBuffer());
    } catch (EventTooLargeException e) {
      handIn();
      refuse(tooLarge(e.bytesMax()));
      return;
    }
    if (!events.isEmpty()) {
      unfinished = more;
      letGoBeyond(unfinished);
    }
    handIn();
  }

  /** Takes the memory for so many bytes, which grow as they come; false if there is none left. */
  private boolean holds(int bytes) {
    if (bytes <= Math.max(held, FREE_BYTES)) {
      return true;
    }
    int grown = Math.min(2 * Integer.highestOneBit(bytes), Math.max(bytes, eventRoom()));
    letGo(); // else who has some of it would never be alone, and get more than there is
    lease = budget.take(2L * grown).orElse(null); // it is copied as it grows
    held = lease == null ? 0 : grown;
    return lease != null;
  }

  /** No event is larger; what else comes meanwhile is dropped. */
  private int eventRoom() {
    return producer.eventBytesMax() + FREE_BYTES;
  }

  private void letGoBeyond(int bytes) {
    if (bytes <= FREE_BYTES) {
      letGo();
    }
  }

  private void letGo() {
    held = 0;
    if (lease != null) {
      lease.close();
      lease = null;
    }
  }

  private void handIn() {
    var batch = List.copyOf(events);
    long first = next;
    events.clear();
    next += batch.size();
    producer.home().run(() -> handedIn(first, producer.take(first, batch)));
  }

  /** On the home. */
  private void handedIn(long first, RemoteProducer.Taken taken) {
    switch (taken) {
      case RemoteProducer.Taken.All _ -> {}
      case RemoteProducer.Taken.Gap(long expected) ->
          exchange.loop().run(() -> refuse(gap(expected, first)));
      case RemoteProducer.Taken.TooLarge(int max) ->
          exchange.loop().run(() -> refuse(tooLarge(max)));
      case RemoteProducer.Taken.Over(var by, long expected) ->
          exchange.loop().run(() -> refuse(over(by, expected)));
    }
  }

  @Override
  public void complete() {
    if (refused) {
      return;
    }
    if (parser.unfinished().isPresent()) {
      refuse(Problem.badField("body", "events, each with a blank line behind it"));
      return;
    }
    letGo();
    handIn(); // without events it says that the application is there, and looks for a gap
    producer
        .home()
        .run(
            () -> {
              producer.feedsNoMore(this);
              exchange.loop().run(this::completed);
            });
  }

  /** What was handed in has been looked at. */
  private void completed() {
    if (!refused && !exchange.gone()) {
      producer.home().run(whole);
    }
  }

  private void refuse(Problem problem) {
    if (!refused) {
      refused = true;
      leave();
      problem.send(exchange);
    }
  }

  /**
   * Another request with events of the stream has come. Which of two its sender still waits for is
   * not known here, so it is told to come again. On the home.
   */
  void superseded() {
    wanted(true); // what is left of it goes by
    exchange
        .loop()
        .run(
            () -> {
              if (!exchange.gone()) {
                refuse(
                    Problem.unavailable(
                        "append_superseded",
                        "another request with events of this stream has come since"));
              }
            });
  }

  /** On the exchange's loop. */
  private void leave() {
    letGo();
    producer.home().run(() -> producer.feedsNoMore(this));
  }

  /** Whether more of the body may come. On the home. */
  void wanted(boolean now) {
    exchange.loop().run(() -> exchange.bodyWanted(now || refused));
  }

  // --- what is said of it

  static Problem gap(long expected, long sent) {
    return Problem.of(
            409,
            "sequence_gap",
            "events are missing: the next one here is " + expected + ", and " + sent + " was sent")
        .member("field", "Lastword-Sequence")
        .member("next", expected);
  }

  private static Problem tooLarge(int bytesMax) {
    return Problem.tooMuch(413, "event_too_large", "event", bytesMax);
  }

  static Problem over(RemoteProducer.Ended by, long next) {
    if (by.lost()) {
      return Problem.unavailable(
          "journal_closed", "the journal takes nothing until the server is restarted");
    }
    return over(by.outcome().word(), by.reason()).member("next", next);
  }

  static Problem over(String outcome, String reason) {
    return Problem.of(409, "stream_ended", "the stream has ended: it takes nothing any more")
        .member("outcome", outcome)
        .member("reason", reason);
  }
}
