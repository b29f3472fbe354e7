package dev.lastword.gateway;

import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.stream.Block;
import dev.lastword.stream.Cursor;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Subscriber;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One reader: a cursor and an open response. It reads as far as its socket has room and holds
 * nothing in between, so that a slow reader costs a cursor. It cannot reach the generation: leaving
 * changes nothing.
 */
final class SubscriberChannel implements Subscriber, ExchangeListener {
  private static final ByteBufAllocator ALLOC = ByteBufAllocator.DEFAULT;
  private static final int RETRY_MS_MIN = 1_000;
  private static final int RETRY_MS_MAX = 3_000;

  private final Exchange exchange;
  private final Function<Dialect, Face> faces;
  private final Readers readers;
  private final Cursor cursor;
  private @Nullable LargeBlock large;
  private final @Nullable Rollover rollover;

  /** A node reads for it, and is back at once where only the wire between the two has broken. */
  private final boolean ofNode;

  private int retryMs;
  private boolean rollingOver;

  /** The last block that was written had not the receipt with it. */
  private boolean receiptDue;

  /** The last event of that block has an id of the upstream. */
  private boolean withId;

  private boolean done;
  private Face face;
  private final long expiresMs;
  private long lastByteNanos = System.nanoTime();

  private SubscriberChannel(
      Exchange exchange,
      Stream stream,
      Function<Dialect, Face> faces,
      long afterSeq,
      long expiresMs,
      Readers readers) {
    this.exchange = exchange;
    this.expiresMs = expiresMs;
    this.faces = faces;
    this.face = faces.apply(stream.dialect());
    this.readers = readers;
    this.rollover = readers.rolloverOf(exchange, face);
    this.ofNode = exchange.request().headers().contains(NodeFields.NODE);
    this.retryMs =
        face.reconnecting()
            ? ThreadLocalRandom.current().nextInt(RETRY_MS_MIN, RETRY_MS_MAX + 1)
            : 0;
    this.cursor = stream.subscribe(this, afterSeq);
    readers.metrics().subscribed(1);
    readers.attendance().came(stream);
  }

  /** Reads a stream into an exchange whose response has been started. */
  static void start(
      Exchange exchange,
      Stream stream,
      Function<Dialect, Face> faces,
      long afterSeq,
      long expiresMs,
      Readers readers) {
    var subscriber = new SubscriberChannel(exchange, stream, faces, afterSeq, expiresMs, readers);
    exchange.listen(subscriber);
    exchange.settle();
    subscriber.wake();
    exchange.flush(); // the head at least, and at once
  }

  @Override
  public Executor executor() {
    return exchange.loop();
  }

  @Override
  public void wake() {
    boolean wrote = false;
    beginRollOver();
    while (!done && exchange.writable()) {
      if (large != null) {
        writePiece(large);
        wrote = true;
        continue;
      }
      if (rollingOver && wrote && cursor.status() != Cursor.Status.ENDED) {
        rollOver();
        return;
      }
      var block = cursor.next();
      if (block != null) {
        write(block);
        wrote = true;
      } else if (cursor.status() == Cursor.Status.ENDED) {
        finish();
        return;
      } else {
        break;
      }
    }
    if (wrote) {
      lastByteNanos = System.nanoTime();
      exchange.flush();
    }
  }

  /** Once it is due, the reader goes with the next event, which asks it to be back soon. */
  private void beginRollOver() {
    if (rollover != null && !rollingOver && !done && free() && rollover.due(System.nanoTime())) {
      rollingOver = true;
      retryMs = Rollover.retryMs();
    }
  }

  /** All that was written has gone out, and ends with an event. */
  private boolean free() {
    return large == null && exchange.pendingBytes() == 0;
  }

  private void write(Block block) {
    if (block.firstSeq() <= Dialects.LOOK_MAX) {
      face = faces.apply(cursor.stream().dialect()); // the events may have told it since
    }
    if (retryMs > 0) {
      exchange.write(
          text("retry: " + retryMs + "\n")); // no blank line: it belongs to the event that follows
      retryMs = 0;
    }
    var comment = commentWith(block);
    if (!comment.isEmpty() || !EventEncoder.fits(block, face.ids())) {
      large = new LargeBlock(block, face.ids(), cursor.stream().id().value(), comment);
    } else {
      exchange.writeFramed(
          cursor.isAlone()
              ? EventEncoder.framed(block, face.ids(), exchange.framing(), ALLOC)
              : exchange.loop().encoder().encode(block, face.ids(), exchange.framing(), ALLOC));
    }
  }

  /** The receipt of the stream, if it goes out with this block's last event. */
  private String commentWith(Block block) {
    var receipt = readers.receipts() ? cursor.stream().receiptWith(block) : "";
    receiptDue = receipt.isEmpty();
    withId = block.events().hasUpstreamId(block.events().count() - 1);
    return receipt.isEmpty() ? "" : face.comment(SignedReceipt.COMMENT + receipt, withId);
  }

  /** The last event went out before the end was decided: the receipt follows, if it may. */
  private void sayReceipt() {
    var receipt = readers.receipts() && receiptDue ? cursor.stream().receipt() : "";
    if (!receipt.isEmpty()) {
      var comment = face.comment(SignedReceipt.COMMENT + receipt, withId);
      if (comment.endsWith("\n\n")) { // a line alone belongs to an event, and none follows
        exchange.write(text(comment));
      }
    }
  }

  private void writePiece(LargeBlock from) {
    exchange.write(from.next(ALLOC));
    if (from.isEmpty()) {
      large = null;
    }
  }

  /**
   * All was given out, the outcome too: only a completed stream ends as a complete response, for
   * readers who could take any other end for it.
   */
  private void finish() {
    sayReceipt();
    leave();
    if (cursor.stream().outcome() == Outcome.COMPLETED || face.endsInBand()) {
      exchange.end();
    } else {
      exchange.abort();
    }
  }

  /**
   * Lets a reader go who comes back with the id of the last event. The connection breaks, as it
   * does at a restart: who reads without coming back does not take that for the answer's end.
   */
  private void rollOver() {
    sendAway();
    readers.metrics().rolledOver();
    exchange.abort();
  }

  @Override
  public void notice(String code, String message) {
    if (done) {
      return;
    }
    sendAway();
    if (!face.reconnecting()) {
      say(code, message);
    }
    exchange.abort();
  }

  /** Says why the reader has to go, an EventSource too: by itself it could not come back. */
  private void expire() {
    sendAway();
    say("credentials_expired", "The credentials have expired; fresh ones can resume.");
    exchange.abort();
  }

  /** Writes an error without an id, unless an event has been written only in part. */
  private void say(String code, String message) {
    if (large == null) {
      var event = cursor.stream().dialect().error(code, message);
      exchange.write(Unpooled.wrappedBuffer(written(EncodedEvents.of(List.of(event)))));
    }
  }

  private byte[] written(EncodedEvents events) {
    if (face.ids() != Face.Ids.LINES) {
      return events.wire();
    }
    var lines = ByteBuffer.allocate(events.lengthAsLines());
    events.writeAsLines(lines);
    return lines.array();
  }

  @Override
  public void writable() {
    wake();
  }

  @Override
  public void gone() {
    if (done) {
      return;
    }
    if (ofNode) {
      sendAway(); // its reader may be there still
    } else {
      leave();
    }
  }

  /** Leaves, and not for good: the reader is to come back, or its node. */
  private void sendAway() {
    readers.attendance().sendsAway(cursor.stream());
    leave();
  }

  private void leave() {
    done = true;
    cursor.close();
    readers.metrics().subscribed(-1);
    readers.attendance().changed(cursor.stream());
  }

  @Override
  public void tick(long nowNanos) {
    if (!done && expiresMs != Asker.NEVER && System.currentTimeMillis() >= expiresMs) {
      expire();
      return;
    }
    boolean quiet =
        nowNanos - lastByteNanos >= TimeUnit.MILLISECONDS.toNanos(readers.heartbeatMs());
    boolean free = free();
    if (rollover != null && !done && free && rollover.overdue(nowNanos)) {
      rollOver();
      return;
    }
    if (quiet && !done && free && !face.heartbeat().isEmpty()) {
      lastByteNanos = nowNanos;
      exchange.write(text(face.heartbeat()));
      exchange.flush();
    }
  }

  private static ByteBuf text(String ascii) {
    return Unpooled.wrappedBuffer(ascii.getBytes(StandardCharsets.US_ASCII));
  }
}
