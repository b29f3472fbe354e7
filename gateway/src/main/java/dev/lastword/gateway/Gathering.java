package dev.lastword.gateway;

import dev.lastword.cluster.Shard;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks whoever has the shards of a cluster the same, and goes on once all have answered. Who does
 * not answer in {@link #WAIT_MS} has not. What is too long to be put together is refused as that.
 */
final class Gathering {
  static final long WAIT_MS = 15_000;

  /** Longest answer of one shard. */
  static final int BYTES_MAX = 32 << 20;

  /** How much more memory is taken at a time: as much as there is already, within these. */
  private static final int STEP_BYTES_MIN = 16 << 10;

  private static final int STEP_BYTES_MAX = 1 << 20;

  private final Exchange exchange;
  private final ResponseBudget budget;
  private final Consumer<Gathered> then;
  private final List<Part> parts = new ArrayList<>();
  private ResponseBudget.@Nullable Lease lease;
  private long leased;
  private final long startedNanos = System.nanoTime();
  private int missing;
  private boolean done;

  /**
   * What was answered.
   *
   * @param answers by shards in their order
   * @param unreachable who has not answered
   * @param lease the memory that the answers take, if any
   */
  record Gathered(
      List<Answer> answers, List<Shard> unreachable, Optional<ResponseBudget.Lease> lease)
      implements AutoCloseable {
    /** The same where who cannot answer now counts as who has not; as it is if nobody can. */
    Gathered ofThoseThatCan() {
      var can = answers.stream().filter(Answer::isMeant).toList();
      if (can.isEmpty()) {
        return this;
      }
      var missing =
          Stream.concat(
              unreachable.stream(),
              answers.stream().filter(answer -> !answer.isMeant()).map(Answer::shard));
      return new Gathered(can, missing.sorted().toList(), lease);
    }

    /** The shards that have not answered, as a person reads them. */
    String unreachableText() {
      return unreachable.stream().map(Shard::toString).collect(Collectors.joining(", "));
    }

    /** Gives back the memory that the answers took. */
    @Override
    public void close() {
      lease.ifPresent(ResponseBudget.Lease::close);
    }
  }

  /** One whole answer. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Answer(Shard shard, int status, HttpHeaders headers, byte[] body) {
    /** Whether it is about what was asked, and not about who was. */
    boolean isMeant() {
      return status != 429 && status < 500;
    }
  }

  private Gathering(Exchange exchange, ResponseBudget budget, Consumer<Gathered> then) {
    this.exchange = exchange;
    this.budget = budget;
    this.then = then;
  }

  /**
   * Asks, for an exchange that has not been answered.
   *
   * @param head what is asked; its body does not count
   * @param here answers for this gateway's own shard
   * @param then on the exchange's loop, unless its peer goes; it closes what it is handed
   */
  static void start(
      Front front,
      List<Shard> shards,
      Exchange exchange,
      RequestHead head,
      Route here,
      Consumer<Gathered> then) {
    var gathering = new Gathering(exchange, front.budget(), then);
    exchange.listen(gathering.new Client());
    gathering.missing = shards.size();
    for (var shard : shards) {
      var part = gathering.new Part(shard);
      gathering.parts.add(part);
      part.call = ShardCall.start(front, shard, here, exchange.loop(), head, part);
    }
    gathering.look();
  }

  private void look() {
    if (!done && missing == 0) {
      done = true;
      var answers =
          parts.stream().filter(part -> part.answer != null).map(part -> part.answer).toList();
      var unreachable =
          parts.stream().filter(part -> part.answer == null).map(part -> part.shard).toList();
      then.accept(new Gathered(answers, unreachable, Optional.ofNullable(lease)));
    }
  }

  private void giveUp() {
    done = true;
    parts.forEach(Part::leave);
    if (lease != null) {
      lease.close();
    }
  }

  private void refuse(Problem why) {
    giveUp();
    why.send(exchange);
  }

  /** Told to come again, whoever asks would be told the same. */
  private static Problem tooLong(long bytesMax) {
    return Problem.of(
            507,
            "response_too_large",
            "what several nodes have of this is too long to be put together;"
                + " read its streams one by one")
        .member("limit", bytesMax);
  }

  /** Takes more of the memory for answers; where that is not left, whoever asks is told. */
  private boolean lease(long more) {
    if (leased + more > budget.bytesMax()) {
      refuse(tooLong(budget.bytesMax()).member("field", Setting.ANSWER_BYTES.key()));
      return false;
    }
    boolean taken;
    if (lease == null) {
      lease = budget.take(more).orElse(null);
      taken = lease != null;
    } else {
      taken = lease.growTo(leased + more);
    }
    if (taken) {
      leased += more;
    } else {
      refuse(budget.refusal());
    }
    return taken;
  }

  private void giveBack(long less) {
    leased -= less;
    if (lease != null) {
      lease.shrinkTo(leased);
    }
  }

  /** What one shard answers. */
  private final class Part implements InnerExchange.Told {
    private final Shard shard;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable ShardCall call;
    private @Nullable Answer answer;
    private HttpHeaders headers = new DefaultHttpHeaders();
    private int status;
    private long taken;
    private boolean over;

    Part(Shard shard) {
      this.shard = shard;
    }

    @Override
    public void head(int told, HttpHeaders fields) {
      status = told;
      headers = fields;
    }

    @Override
    public void part(ByteBuf part) {
      int length = part.readableBytes();
      if (!over && body.size() + (long) length > BYTES_MAX) {
        refuse(tooLong(BYTES_MAX));
      } else if (!over && take(2L * (body.size() + length))) {
        var bytes = new byte[length];
        part.getBytes(part.readerIndex(), bytes);
        body.writeBytes(bytes);
      }
      part.release();
    }

    /**
     * Every byte stands in an answer twice, once as it came and once in what is made of it. Little
     * is taken for little: who waits for a silent node holds it as long.
     */
    private boolean take(long bytes) {
      if (bytes <= taken) {
        return true;
      }
      long more = Math.max(bytes - taken, Math.clamp(taken, STEP_BYTES_MIN, STEP_BYTES_MAX));
      if (!lease(more)) {
        return false;
      }
      taken += more;
      return true;
    }

    @Override
    public void over(boolean complete) {
      if (!over) {
        over = true;
        if (complete && status > 0) {
          answer = new Answer(shard, status, headers, body.toByteArray());
        }
        giveBack(taken - 2L * body.size());
        missing--;
        look();
      }
    }

    void leave() {
      if (call != null) {
        call.leave();
      }
    }
  }

  /** Whoever asks. */
  private final class Client implements ExchangeListener {
    @Override
    public void gone() {
      if (!done) {
        giveUp();
      }
    }

    @Override
    public void tick(long nowNanos) {
      boolean late = nowNanos - startedNanos > TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
      for (var part : List.copyOf(parts)) {
        var asking = part.call;
        if (done || part.over || asking == null) {
          continue;
        }
        if (late || !asking.isThere()) {
          part.leave();
          part.over(false);
        } else {
          asking.tick(nowNanos);
        }
      }
    }
  }
}
