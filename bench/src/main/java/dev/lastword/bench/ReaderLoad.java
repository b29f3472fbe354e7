package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/// The readers: many connections that follow event streams and check every event.
///
/// A process of its own. Prints `ready`, then reads commands, a line each, until its input ends:
///
/// | command | answer |
/// |---|---|
/// | `open`, with the fields of [ReaderPlan], `set=NAME`, `timeout_s` | `opened stream=ID`: every reader has its response's head |
/// | `cut set=` | `window …`: what the set's readers have seen since the last `cut` |
/// | `stop set=` | `stopping`: whoever has read to the end leaves |
/// | `drain set= timeout_s=` | `drained left_over= …`: all have left, or time is up; totals since `open` |
/// | `close set=` | `closed` |
///
/// or `failed why=`. A set is a group of readers with one plan: one that publishes, another that
/// follows.
final class ReaderLoad implements AutoCloseable {
  private final MultiThreadIoEventLoopGroup group;
  private final List<EventLoop> eventLoops = new ArrayList<>();
  private final Map<String, List<ReaderLoop>> sets = new HashMap<>();

  /// @param loopCount event loops, at least 1
  ReaderLoad(int loopCount) {
    group = new MultiThreadIoEventLoopGroup(loopCount, EpollIoHandler.newFactory());
    for (int i = 0; i < loopCount; i++) {
      eventLoops.add((EventLoop) group.next());
    }
  }

  /// Opens a set of readers and waits until all have their response's head.
  ///
  /// @return the stream's id that the system under test gave, or `""`
  /// @throws IllegalStateException if one was refused
  String open(String set, ReaderPlan plan, long timeoutSeconds)
      throws InterruptedException, TimeoutException {
    var loops = new ArrayList<ReaderLoop>();
    for (var eventLoop : eventLoops) {
      loops.add(new ReaderLoop(eventLoop, plan));
    }
    for (int i = 0; i < plan.readers(); i++) {
      loops.get(i % loops.size()).add(i);
    }
    sets.put(set, loops);
    var id = "";
    for (var loop : loops) {
      loop.loop().execute(loop::open);
    }
    for (var loop : loops) {
      var given = get(loop.opened, timeoutSeconds);
      id = given.isEmpty() ? id : given;
    }
    return id;
  }

  /// Ends the set's window and begins the next.
  ReaderTally cut(String set) throws InterruptedException {
    return sum(set, ReaderLoop::cut);
  }

  void stop(String set) throws InterruptedException {
    onEach(
        set,
        loop -> {
          loop.stop();
          return loop;
        });
  }

  /// Waits until every reader has left.
  ///
  /// @return readers that have not
  int drain(String set, long timeoutSeconds) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutSeconds);
    int active = active(set);
    while (active > 0 && System.nanoTime() < deadline) {
      Thread.sleep(20);
      active = active(set);
    }
    return active;
  }

  ReaderTally total(String set) throws InterruptedException {
    return sum(set, ReaderLoop::total);
  }

  void closeSet(String set) throws InterruptedException {
    onEach(
        set,
        loop -> {
          loop.close();
          return loop;
        });
    sets.remove(set);
  }

  @Override
  public void close() {
    var _ = group.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private int active(String set) throws InterruptedException {
    return onEach(set, ReaderLoop::active).stream().mapToInt(Integer::intValue).sum();
  }

  private ReaderTally sum(String set, Function<ReaderLoop, ReaderTally> take)
      throws InterruptedException {
    var sum = new ReaderTally();
    onEach(set, take).forEach(sum::add);
    return sum;
  }

  private <T> List<T> onEach(String set, Function<ReaderLoop, T> task) throws InterruptedException {
    var loops = sets.get(set);
    if (loops == null) {
      throw new IllegalStateException("no such set of readers: " + set);
    }
    var results = new ArrayList<T>();
    for (var loop : loops) {
      try {
        results.add(loop.loop().submit(() -> task.apply(loop)).get());
      } catch (ExecutionException e) {
        throw new IllegalStateException("a reader's event loop failed", e.getCause());
      }
    }
    return results;
  }

  private static String get(Future<String> opened, long timeoutSeconds)
      throws InterruptedException, TimeoutException {
    try {
      return opened.get(timeoutSeconds, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }

  static void main(String[] args) throws IOException, InterruptedException {
    Worker.logToError();
    var options = Line.parse("start " + String.join(" ", args));
    try (var readers = new ReaderLoad(options.count("loops"))) {
      System.out.println(Line.of("ready"));
      var commands = new BufferedReader(new InputStreamReader(System.in, UTF_8));
      for (var line = commands.readLine(); line != null; line = commands.readLine()) {
        System.out.println(readers.answer(Line.parse(line)));
      }
    }
  }

  private Line answer(Line command) throws InterruptedException {
    try {
      return switch (command.word()) {
        case "open" ->
            Line.of("opened")
                .with(
                    "stream",
                    open(command.text("set"), ReaderPlan.of(command), command.number("timeout_s")));
        case "cut" -> cut(command.text("set")).describe("window");
        case "stop" -> {
          stop(command.text("set"));
          yield Line.of("stopping");
        }
        case "drain" -> {
          int leftOver = drain(command.text("set"), command.number("timeout_s"));
          yield total(command.text("set")).describe("drained").with("left_over", leftOver);
        }
        case "close" -> {
          closeSet(command.text("set"));
          yield Line.of("closed");
        }
        default -> Line.of("failed").with("why", "unknown command " + command.word());
      };
    } catch (IllegalArgumentException | IllegalStateException | TimeoutException e) {
      return Line.of("failed").with("why", String.valueOf(e.getMessage()));
    }
  }
}
