package dev.lastword.testing;

import dev.lastword.stream.Generation;
import dev.lastword.stream.ThreadHome;
import dev.lastword.stream.Upstream;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Says an answer on its stream's home, in pieces, at its own pace. */
final class StressUpstream implements Upstream {
  private static final int PIECE_BYTES_MAX = 2_000;

  private final StressAnswer answer;
  private final byte[] body;
  private final ThreadHome home;
  private final SplittableRandom random;
  private final boolean hasty;
  private @Nullable Generation generation;
  private int said;
  private boolean paused;
  private boolean over;

  StressUpstream(StressAnswer answer, ThreadHome home, SplittableRandom random) {
    this.answer = answer;
    this.body = answer.body();
    this.home = home;
    this.random = random;
    this.hasty = random.nextBoolean();
  }

  void start(Generation filled) {
    generation = filled;
    sayOn();
  }

  private void say() {
    var filled = generation;
    if (paused || over || filled == null) {
      return;
    }
    int bytes = Math.min(body.length - said, 1 + random.nextInt(PIECE_BYTES_MAX));
    filled.feed(ByteBuffer.wrap(body, said, bytes));
    said += bytes;
    if (said < body.length) {
      sayOn();
    } else if (!over) {
      over = true;
      filled.endOfBody(answer.ending != StressAnswer.Ending.RESET);
    }
  }

  private void sayOn() {
    if (hasty) {
      home.execute(this::say);
    } else {
      home.schedule(random.nextInt(4), this::say);
    }
  }

  /** Nothing comes of it. */
  void refused() {
    over = true;
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    if (paused) {
      paused = false;
      sayOn();
    }
  }

  @Override
  public void abort() {
    over = true;
  }
}
