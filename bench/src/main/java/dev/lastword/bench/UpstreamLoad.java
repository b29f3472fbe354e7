package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/// The source of events: an HTTP/1.1 server that answers any request with an event stream of the
/// shape that its query names.
///
/// A process of its own. Prints `listening port=N`, then reads commands, a line each, until its
/// input ends:
///
/// | command | answer |
/// |---|---|
/// | `stats` | `stats sent= started= ended= aborted= lag_p99_us= lag_max_us=`, all since the last `stats` |
/// | `go` | `going`: the held streams send |
/// | `finish` | `finishing`: every stream ends with its ending and terminal event |
final class UpstreamLoad implements AutoCloseable {
  // What a stream may have waiting in this process before it counts as back-pressure.
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(64 << 10, 128 << 10);

  private final MultiThreadIoEventLoopGroup loops;
  private final Map<EventLoop, Pacer> pacers = new LinkedHashMap<>();
  private final Channel server;

  /// @param loopCount event loops, at least 1
  /// @param tickMicros how often an event loop looks for what is due
  UpstreamLoad(int loopCount, int tickMicros) {
    loops = new MultiThreadIoEventLoopGroup(loopCount, EpollIoHandler.newFactory());
    long tickNanos = TimeUnit.MICROSECONDS.toNanos(tickMicros);
    for (int i = 0; i < loopCount; i++) {
      var pacer = new Pacer(System::nanoTime, tickNanos);
      var loop = (EventLoop) loops.next();
      pacers.put(loop, pacer);
      var _ = loop.scheduleAtFixedRate(pacer, tickNanos, tickNanos, TimeUnit.NANOSECONDS);
    }
    server =
        new ServerBootstrap()
            .group(loops)
            .channel(EpollServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    var pacer = Objects.requireNonNull(pacers.get(channel.eventLoop()));
                    channel.pipeline().addLast(new HttpRequestDecoder(), new SourceHandler(pacer));
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .syncUninterruptibly()
            .channel();
  }

  int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  void release() throws InterruptedException {
    onEachLoop(
        pacer ->
            () -> {
              pacer.release();
              return pacer;
            });
  }

  void finish() throws InterruptedException {
    onEachLoop(
        pacer ->
            () -> {
              pacer.finish();
              return pacer;
            });
  }

  /// What was sent since the last call.
  Pacer.Tally takeTally() throws InterruptedException {
    var sum = new Pacer.Tally();
    for (var tally : onEachLoop(pacer -> pacer::takeTally)) {
      sum.add(tally);
    }
    return sum;
  }

  @Override
  public void close() {
    var _ = loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private interface OnLoop<T> {
    Callable<T> with(Pacer pacer);
  }

  private <T> Iterable<T> onEachLoop(OnLoop<T> task) throws InterruptedException {
    var results = new ArrayList<T>();
    for (var entry : pacers.entrySet()) {
      try {
        results.add(entry.getKey().submit(task.with(entry.getValue())).get());
      } catch (ExecutionException e) {
        throw new IllegalStateException("the source's event loop failed", e.getCause());
      }
    }
    return results;
  }

  static void main(String[] args) throws IOException, InterruptedException {
    Worker.logToError();
    var options = Line.parse("start " + String.join(" ", args));
    try (var source = new UpstreamLoad(options.count("loops"), options.count("tick_us"))) {
      System.out.println(Line.of("listening").with("port", source.port()));
      var commands = new BufferedReader(new InputStreamReader(System.in, UTF_8));
      for (var line = commands.readLine(); line != null; line = commands.readLine()) {
        System.out.println(source.answer(Line.parse(line)));
      }
    }
  }

  private Line answer(Line command) throws InterruptedException {
    return switch (command.word()) {
      case "stats" -> describe(takeTally());
      case "go" -> {
        release();
        yield Line.of("going");
      }
      case "finish" -> {
        finish();
        yield Line.of("finishing");
      }
      default -> Line.of("failed").with("why", "unknown command " + command.word());
    };
  }

  private static Line describe(Pacer.Tally tally) {
    return Line.of("stats")
        .with("sent", tally.sent)
        .with("started", tally.started)
        .with("ended", tally.ended)
        .with("aborted", tally.aborted)
        .with("lag_p99_us", tally.lag.getValueAtPercentile(99) / 1000)
        .with("lag_max_us", tally.lag.getMaxValue() / 1000);
  }
}
