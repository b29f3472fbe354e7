package dev.lastword.testing;

import dev.lastword.journal.Outcome;
import dev.lastword.sse.EventDigest;
import dev.lastword.sse.SseParser;
import dev.lastword.stream.Receipt;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.StreamView;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Every sealed stream has one receipt for ever, and that is of what readers read and the disk has.
 */
final class ReceiptPromises {
  private static final String RECEIPT = "receipt";

  private final Deployment world;
  private final Promises promises;

  ReceiptPromises(Deployment world, Promises promises) {
    this.world = world;
    this.promises = promises;
  }

  /** Somebody was told an outcome. */
  void told(ScriptedUpstream upstream, StreamView view) {
    var was = promises.of(upstream);
    promises.check(
        !view.receipt().isEmpty() || !world.isReadable(),
        RECEIPT,
        "%s is %s, and has no receipt",
        upstream.id(),
        view.outcome());
    if (was.receipt() == null) {
      was.signed(view.receipt());
      if (!view.receipt().isEmpty()) {
        isTrue(upstream, view, PlainReceipts.read(view.receipt()));
      }
    }
    promises.check(
        view.receipt().equals(was.receipt()),
        RECEIPT,
        "%s had the receipt %s and has %s",
        upstream.id(),
        was.receipt(),
        view.receipt());
  }

  private void isTrue(ScriptedUpstream upstream, StreamView view, Receipt receipt) {
    promises.check(
        receipt.stream().equals(upstream.id())
            && receipt.outcome() == view.outcome()
            && receipt.events() == view.events()
            && receipt.last().equals(view.events() == 0 ? "" : view.eventId(view.events())),
        RECEIPT,
        "%s is %s with %d events, and its receipt says %s",
        upstream.id(),
        view.outcome(),
        view.events(),
        receipt);
    boolean saved =
        receipt.outcome() == Outcome.COMPLETED
            && world.setup().options().saving().policy() == SavePolicy.WITHHOLD;
    promises.check(
        !saved || receipt.hooks().size() == world.hooks().size(),
        RECEIPT,
        "%s: success is signed, acknowledged by %s",
        upstream.id(),
        receipt.hooks());
    var durable = promises.durable(upstream);
    if (upstream.isThere() && durable.isOpened()) {
      promises.check(
          durable.outcome() == receipt.outcome(),
          RECEIPT,
          "%s: %s is signed, and the disk says %s",
          upstream.id(),
          receipt.outcome(),
          durable.outcome());
      isOf(durable.shown(), upstream, receipt);
    }
  }

  /** A reader was told that there is nothing more to come. */
  void sawEnd(ScriptedUpstream upstream, StreamView view) {
    var was = promises.of(upstream);
    if (was.length() == view.events() && !view.receipt().isEmpty()) {
      isOf(was.wires(), upstream, PlainReceipts.read(view.receipt()));
    }
  }

  private void isOf(List<byte[]> wires, ScriptedUpstream upstream, Receipt receipt) {
    var digest = new EventDigest();
    var parser = new SseParser(Integer.MAX_VALUE, digest::add);
    wires.forEach(wire -> parser.feed(ByteBuffer.wrap(wire)));
    promises.check(
        Receipt.text(digest).equals(receipt.sha256()),
        RECEIPT,
        "%s: its receipt is of other events than the %d that there are",
        upstream.id(),
        wires.size());
  }
}
