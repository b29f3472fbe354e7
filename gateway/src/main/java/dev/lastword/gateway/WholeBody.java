package dev.lastword.gateway;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.Cursor;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Subscriber;
import java.util.Base64;
import java.util.concurrent.Executor;

/**
 * Reads an answer back that is no event stream, once it is released: nobody is told a part of it.
 */
final class WholeBody implements Subscriber, ExchangeListener {
  private final Loop loop;
  private final Stream stream;
  private final Reader told;
  private final StringBuilder text = new StringBuilder();
  private final Cursor cursor;
  private boolean done;

  /** Told once what it has come to; not at all where its client has gone. */
  interface Reader {
    /** All of it. */
    void whole(byte[] body);

    /** It has not come to its end, and will not. */
    void partial();

    /** It cannot be read now. */
    void unreadable(String code, String message);
  }

  private WholeBody(Loop loop, Stream stream, Reader told) {
    this.loop = loop;
    this.stream = stream;
    this.told = told;
    this.cursor = stream.subscribe(this, 0);
  }

  /**
   * Reads it.
   *
   * @param told on the loop
   * @return to be told when the client goes
   */
  static ExchangeListener read(Loop loop, Stream stream, Reader told) {
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
        gone();
        if (stream.outcome() == Outcome.COMPLETED) {
          told.whole(Base64.getDecoder().decode(text.toString()));
        } else {
          told.partial();
        }
      } else {
        return;
      }
    }
  }

  @Override
  public void notice(String code, String message) {
    if (!done) {
      gone();
      told.unreadable(code, message);
    }
  }

  @Override
  public void gone() {
    done = true;
    cursor.close();
  }
}
