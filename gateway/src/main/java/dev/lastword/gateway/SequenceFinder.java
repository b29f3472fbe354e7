package dev.lastword.gateway;

import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Block;
import dev.lastword.stream.Cursor;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Subscriber;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Looks for the last event of a stream whose {@code sequence_number} is no greater than one that a
 * reader names. Upstreams count from 0, and mostly without a gap: it looks there first, and from
 * the beginning only where that was wrong. Events without a number belong to the one before them.
 */
final class SequenceFinder implements Subscriber, ExchangeListener {
  /** Blocks that are looked through before others on the loop have their turn. */
  private static final int BLOCKS_AT_ONCE = 8;

  private static final JsonFactory JSON = new JsonFactory();
  private static final long NONE = -1;

  private final Exchange exchange;
  private final Stream stream;
  private final long wanted;
  private final Told told;
  private Cursor cursor;
  private long from;
  private long place;
  private long number = NONE;
  private boolean done;

  /** Told where a reader goes on. */
  interface Told {
    /**
     * @param place number of the event behind which it goes on, 0 for the beginning if all have
     *     greater ones; empty if no event has this one
     */
    void found(OptionalLong place);
  }

  private SequenceFinder(Exchange exchange, Stream stream, long wanted, Told told) {
    this.exchange = exchange;
    this.stream = stream;
    this.wanted = wanted;
    this.told = told;
    this.from = Math.clamp(wanted - 1, 0, Math.max(0, stream.view().events() - 1));
    this.place = from;
    this.cursor = stream.subscribe(this, from);
  }

  /**
   * Looks in a stream, for an exchange that has not been answered.
   *
   * @param told on the exchange's loop, unless its peer has gone or the stream could not be read
   */
  static void start(Exchange exchange, Stream stream, long wanted, Told told) {
    var finder = new SequenceFinder(exchange, stream, wanted, told);
    exchange.listen(finder);
    finder.wake();
  }

  @Override
  public Executor executor() {
    return exchange.loop();
  }

  @Override
  public void wake() {
    for (int i = 0; !done && i < BLOCKS_AT_ONCE; i++) {
      var block = cursor.next();
      if (block == null) {
        if (cursor.status() != Cursor.Status.LOADING) {
          readAll();
        }
        return;
      }
      look(block);
    }
    if (!done) {
      exchange.loop().execute(this::wake);
    }
  }

  private void look(Block block) {
    for (int i = 0; i < block.events().count(); i++) {
      long here = numberOf(block.events().slice(i, i + 1).decode().getFirst());
      if (here > wanted) {
        if (number == NONE && from > 0) {
          again();
        } else if (number == NONE) {
          found(OptionalLong.of(0)); // all of them follow it
        } else {
          foundLast();
        }
        return;
      }
      if (here != NONE) {
        number = here;
        place = block.firstSeq() + i;
      }
    }
  }

  /** There is no event behind: the reader has all, or has it from elsewhere. */
  private void readAll() {
    if (number == NONE && from > 0) {
      again();
      wake();
    } else {
      foundLast();
    }
  }

  /** The last that is no greater: the very one, or there is none of this number. */
  private void foundLast() {
    found(number == wanted ? OptionalLong.of(place) : OptionalLong.empty());
  }

  private void again() {
    cursor.close();
    from = 0;
    place = 0;
    cursor = stream.subscribe(this, 0);
  }

  private void found(OptionalLong where) {
    leave();
    told.found(where);
  }

  private void leave() {
    done = true;
    cursor.close();
  }

  private static long numberOf(SseEvent event) {
    try (var parser = JSON.createParser(ObjectReadContext.empty(), event.data())) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return NONE;
      }
      for (@Nullable String name = parser.nextName(); name != null; name = parser.nextName()) {
        boolean isInt = parser.nextToken() == JsonToken.VALUE_NUMBER_INT;
        if (isInt && name.equals("sequence_number")) {
          return Math.max(NONE, parser.getLongValue());
        }
        parser.skipChildren();
      }
      return NONE;
    } catch (JacksonException e) {
      return NONE; // no JSON, or a number beyond all: it has none that a client could name
    }
  }

  @Override
  public void notice(String code, String message) {
    if (!done) {
      leave();
      Problem.unavailable(code, message).send(exchange);
    }
  }

  @Override
  public void gone() {
    if (!done) {
      leave();
    }
  }
}
