package dev.lastword.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The readers of one event loop in one round: opens them a few at a time and counts what they see.
/// Confined to the loop.
final class ReaderLoop {
  private static final int OPENING_MAX = 64;
  private static final int CONNECT_TIMEOUT_MS = 10_000;
  // Untimed readers read in as many groups, one after the other, instead of all at a moment.
  private static final int TURNS = 20;

  /// Where a read's bytes are looked at; the largest read.
  final byte[] scratch = new byte[64 << 10];

  /// As large as [#scratch], for bytes that are read past the event loop.
  final ByteBuffer incoming = ByteBuffer.allocateDirect(scratch.length);

  final ReaderPlan plan;
  final EventTemplate template;

  /// Completes when every reader of this loop has got its response's head; fails with the first
  /// refusal.
  final CompletableFuture<String> opened = new CompletableFuture<>();

  private final EventLoop loop;
  private final ReceiveBuffer receiveBuffer = new ReceiveBuffer(scratch.length);
  private final Queue<Reader> waiting = new ArrayDeque<>();
  private final List<Reader> readers = new ArrayList<>();
  private final List<Reader> untimed = new ArrayList<>();
  private int nextUntimed;
  private @Nullable Future<?> turns;
  private ReaderTally window = new ReaderTally();
  private final ReaderTally before = new ReaderTally();
  private int opening;
  private int toOpen;
  private int active;
  private boolean stopping;
  private String streamId = "";

  ReaderLoop(EventLoop loop, ReaderPlan plan) {
    this.loop = loop;
    this.plan = plan;
    this.template = new EventTemplate(plan.shape().bytes());
  }

  EventLoop loop() {
    return loop;
  }

  /// Adds a reader before [#open].
  void add(int reader) {
    waiting.add(new Reader(this, reader));
  }

  void open() {
    toOpen = waiting.size();
    active = toOpen;
    if (toOpen == 0) {
      opened.complete("");
    }
    long turnNanos = plan.readIntervalNanos() / TURNS;
    turns = loop.scheduleAtFixedRate(this::takeTurn, turnNanos, turnNanos, TimeUnit.NANOSECONDS);
    openMore();
  }

  ReaderTally tally() {
    return window;
  }

  boolean isStopping() {
    return stopping;
  }

  /// Readers that have not given up or ended.
  int active() {
    return active;
  }

  /// A response has begun; the first one of each reader makes room for the next to open.
  void began(boolean first, String id) {
    streamId = id;
    if (first) {
      opening--;
      toOpen--;
      openMore();
      if (toOpen == 0) {
        opened.complete(streamId);
      }
    }
  }

  void left() {
    active--;
  }

  void refused(String why) {
    window.refused++;
    window.complain(why);
    opened.completeExceptionally(new IllegalStateException(why));
    left();
  }

  /// No response is followed by a next one from now on.
  void stop() {
    stopping = true;
  }

  /// Begins a new window.
  ///
  /// @return what was seen in the one that ends here
  ReaderTally cut() {
    var ended = window;
    before.add(ended);
    window = new ReaderTally();
    return ended;
  }

  /// What was seen since the round began.
  ReaderTally total() {
    cut();
    return before;
  }

  void close() {
    stopping = true;
    waiting.clear();
    readers.forEach(Reader::close);
    if (turns != null) {
      turns.cancel(false);
    }
    receiveBuffer.release();
  }

  void connect(Reader reader) {
    var _ =
        new Bootstrap()
            .group(loop)
            .channel(EpollSocketChannel.class)
            .option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.RECVBUF_ALLOCATOR, receiveBuffer)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
            .handler(reader)
            .connect(plan.target(), ReaderPlan.source(reader.number()))
            .addListener(
                connected -> {
                  if (!connected.isSuccess()) {
                    refused("no connection: " + connected.cause());
                  }
                });
  }

  /// One part of the untimed readers reads.
  private void takeTurn() {
    int size = untimed.size();
    for (int left = Math.ceilDiv(size, TURNS); left > 0; left--) {
      untimed.get(nextUntimed++ % size).read();
    }
    nextUntimed = size == 0 ? 0 : nextUntimed % size;
  }

  private void openMore() {
    while (opening < OPENING_MAX && !waiting.isEmpty()) {
      opening++;
      var reader = waiting.remove();
      readers.add(reader);
      if (!reader.isTimed()) {
        untimed.add(reader);
      }
      connect(reader);
    }
  }
}
