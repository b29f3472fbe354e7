package dev.lastword.gateway;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.Cursor;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Subscriber;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Reads an answer back that is no event stream, once it is released: nobody is told a part of it.
 */
final class WholeBody implements Subscriber, ExchangeListener {
  private final Loop loop;
  private final Stream stream;
  private final Consumer<Optional<byte[]>> told;
  private final StringBuilder text = new StringBuilder();
  private final Cursor cursor;
  private boolean done;

  private WholeBody(Loop loop, Stream stream, Consumer<Optional<byte[]>> told) {
    this.loop = loop;
    this.stream = stream;
    this.told = told;
    this.cursor = stream.subscribe(this, 0);
  }

  /**
   * Reads it.
   *
   * @param told its bytes, or empty where it did not come to its end; on the loop, and not at all
   *     once the client has gone
   * @return to be told when the client goes
   */
  static ExchangeListener read(Loop loop, Stream stream, Consumer<Optional<byte[]>> told) {
    var body = new WholeBody(loop, stream, told);
    loop.execute(body::wake);
    return body;
  }

  /** How such a body stands in events: in Base64, which no marker and no line end is like. */
  static String encoded(byte[] part) {
    return Base64.getEncoder().encodeToString(part);
  }

  @Override
  public Executor executor() {
    return loop;
  }

  @Override
  public void wake() {
    while (!done) {
      var block = cursor.next();
      if (block != null) {
        block.events().decode().forEach(event -> text.append(event.data()));
      } else if (cursor.status() == Cursor.Status.ENDED) {
        boolean whole = stream.outcome() == Outcome.COMPLETED;
        end(whole ? Optional.of(Base64.getDecoder().decode(text.toString())) : Optional.empty());
      } else {
        return;
      }
    }
  }

  @Override
  public void notice(String code, String message) {
    if (!done) {
      end(Optional.empty());
    }
  }

  private void end(Optional<byte[]> body) {
    gone();
    told.accept(body);
  }

  @Override
  public void gone() {
    done = true;
    cursor.close();
  }
}
