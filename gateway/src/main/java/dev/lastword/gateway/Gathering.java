package dev.lastword.gateway;

import dev.lastword.cluster.Shard;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks whoever has the shards of a cluster the same, and goes on once all have answered. Who does
 * not answer in {@link #WAIT_MS}, or with more than {@link #BYTES_MAX}, has not.
 */
final class Gathering {
  static final long WAIT_MS = 15_000;

  /** Longest answer of one shard. */
  static final int BYTES_MAX = 32 << 20;

  private static final int STEP_BYTES = 1 << 20;

  private final Exchange exchange;
  private final ResponseBudget budget;
  private final Consumer<Gathered> then;
  private final List<Part> parts = new ArrayList<>();
  private final List<ResponseBudget.Lease> leases = new ArrayList<>();
  private final long startedNanos = System.nanoTime();
  private int missing;
  private boolean done;

  /**
   * What was answered.
   *
   * @param answers by shards in their order
   * @param unreachable who has not answered
   */
  record Gathered(List<Answer> answers, List<Shard> unreachable, List<ResponseBudget.Lease> leases)
      implements AutoCloseable {
    /** The shards that have not answered, as a person reads them. */
    String unreachableText() {
      return unreachable.stream().map(Shard::toString).collect(Collectors.joining(", "));
    }

    /** Gives back the memory that the answers took. */
    @Override
    public void close() {
      leases.forEach(ResponseBudget.Lease::close);
    }
  }

  /** One whole answer. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Answer(Shard shard, int status, HttpHeaders headers, byte[] body) {}

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
      then.accept(new Gathered(answers, unreachable, leases));
    }
  }

  private void giveUp() {
    done = true;
    parts.forEach(Part::leave);
    leases.forEach(ResponseBudget.Lease::close);
  }

  /** What one shard answers. */
  private final class Part implements InnerExchange.Told {
    private final Shard shard;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable ShardCall call;
    private @Nullable Answer answer;
    private HttpHeaders headers = new DefaultHttpHeaders();
    private int status;
    private long leased;
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
        leave();
        over(false);
      } else if (!over && lease(body.size() + (long) length)) {
        var bytes = new byte[length];
        part.getBytes(part.readerIndex(), bytes);
        body.writeBytes(bytes);
      }
      part.release();
    }

    /** Every byte stands in an answer twice, once as it came and once in what is made of it. */
    private boolean lease(long bytes) {
      while (leased < 2 * bytes) {
        var more = budget.take(STEP_BYTES);
        if (more.isEmpty()) {
          giveUp();
          budget.refusal().send(exchange);
          return false;
        }
        leases.add(more.get());
        leased += STEP_BYTES;
      }
      return true;
    }

    @Override
    public void over(boolean complete) {
      if (!over) {
        over = true;
        if (complete && status > 0) {
          answer = new Answer(shard, status, headers, body.toByteArray());
        }
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
