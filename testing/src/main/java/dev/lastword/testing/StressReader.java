package dev.lastword.testing;

import dev.lastword.stream.Block;
import dev.lastword.stream.Cursor;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Subscriber;
import dev.lastword.stream.ThreadHome;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/** A reader with a temper: eager or slow, and it may leave at any event. On its loop only. */
final class StressReader implements Subscriber {
  private final StressAnswer answer;
  private final StressWitness witness;
  private final ThreadHome loop;
  private final long leaveAfter;
  private final boolean slow;
  private final Cursor cursor;
  private long epoch;
  private boolean gone;

  private StressReader(
      StressAnswer answer,
      StressWitness witness,
      ThreadHome loop,
      Stream stream,
      long afterSeq,
      SplittableRandom random) {
    this.answer = answer;
    this.witness = witness;
    this.loop = loop;
    this.leaveAfter = random.nextInt(4) == 0 ? random.nextInt(40) : Long.MAX_VALUE;
    this.slow = random.nextInt(3) == 0;
    this.cursor = stream.subscribe(this, afterSeq);
  }

  /** Joins on the loop, and reads what is there. */
  static void join(
      StressAnswer answer,
      StressWitness witness,
      ThreadHome loop,
      Stream stream,
      long afterSeq,
      SplittableRandom random) {
    loop.execute(() -> new StressReader(answer, witness, loop, stream, afterSeq, random).wake());
  }

  @Override
  public Executor executor() {
    return loop;
  }

  @Override
  public void wake() {
    while (!gone) {
      long after = cursor.seq();
      var block = cursor.next();
      if (block == null) {
        lookWhy();
        return;
      }
      take(block, after);
      if (slow) {
        loop.schedule(1, this::wake);
        return;
      }
    }
  }

  private void lookWhy() {
    if (cursor.status() == Cursor.Status.ENDED) {
      var view = cursor.stream().view();
      witness.require(view.events() == cursor.seq(), "I4 ended before the last event", answer);
      var outcome = view.outcome();
      witness.require(outcome != null && answer.came(outcome), "I3 another outcome", answer);
      leave();
    }
  }

  private void take(Block block, long after) {
    witness.require(block.firstSeq() == after + 1, "I4 a gap or a repeat", answer);
    witness.require(block.epoch() >= epoch, "I4p an epoch that goes back", answer);
    epoch = block.epoch();
    long seq = block.firstSeq();
    for (var event : block.events().decode()) {
      var data = event.data();
      var wrong = answer.saw(seq, data);
      witness.require(wrong.isEmpty(), "I2 " + wrong, answer);
      witness.require(
          !answer.isFirstEnding(data) || answer.isAcknowledged(), "I1 said before saved", answer);
      seq++;
    }
    if (cursor.seq() >= leaveAfter) {
      leave();
    }
  }

  private void leave() {
    if (!gone) {
      gone = true;
      cursor.close();
      witness.left(answer, epoch, cursor.seq());
    }
  }

  @Override
  public void notice(String code, String message) {
    leave();
  }
}
