package dev.lastword.gateway;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.channel.Channel;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sockets of this process, counted against the files that the system lets it open. What is kept
 * free of them belongs to the journal, the archive and the rest, so that those never find the table
 * full; the last quarter belongs to the upstream, so that clients that only sit there do not keep
 * others from being answered.
 */
final class Descriptors {
  private static final Logger log = LoggerFactory.getLogger(Descriptors.class);

  /** For what opens files besides: journal segments, the database, name look-ups, class files. */
  private static final int OTHERS = 64;

  /** Accepted in one go before anybody is asked again. */
  private static final int SLACK = 16;

  private final int socketsMax;
  private final int acceptedMax;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger ofHooks = new AtomicInteger();
  private final List<Runnable> roomAgain = new CopyOnWriteArrayList<>();

  /**
   * @param socketsMax sockets that may be open at once, of clients, to the upstream and of hooks
   */
  Descriptors(int socketsMax) {
    this.socketsMax = socketsMax;
    this.acceptedMax = socketsMax - socketsMax / 4;
  }

  /** Takes what the system allows, and what is open already. */
  static Descriptors ofProcess() {
    if (!(ManagementFactory.getOperatingSystemMXBean()
        instanceof UnixOperatingSystemMXBean system)) {
      return new Descriptors(Integer.MAX_VALUE);
    }
    long free = system.getMaxFileDescriptorCount() - system.getOpenFileDescriptorCount() - OTHERS;
    return new Descriptors(Math.toIntExact(Math.clamp(free, 4L * SLACK, Integer.MAX_VALUE)));
  }

  /**
   * Says so, in one line, if the limits of the configuration cannot be reached.
   *
   * @param wanted sockets that the configuration allows
   */
  void compareWith(long wanted) {
    if (wanted > socketsMax) {
      log.warn(
          "gateway.descriptors sockets_max={} configured={} hint=\"raise ulimit -n, or lower limits.connections-max"
              + " and relay.calls-max; beyond {} clients wait to be accepted\"",
          socketsMax,
          wanted,
          acceptedMax);
    }
  }

  /** Counts a socket until it is closed. */
  void opened(Channel channel) {
    open.incrementAndGet();
    channel.closeFuture().addListener(closed -> closed());
  }

  private void closed() {
    open.decrementAndGet();
    tellIfRoom();
  }

  /** Tells who waits for room, if there is some. */
  void tellIfRoom() {
    if (open.get() < acceptedMax - 2 * SLACK) { // lower than where it stopped: not at every close
      roomAgain.forEach(Runnable::run);
    }
  }

  /** Whether another client may be accepted. */
  boolean roomToAccept() {
    return open.get() < acceptedMax - SLACK;
  }

  /** Whether another connection may be opened to the upstream. */
  boolean roomToConnect() {
    return open.get() < socketsMax;
  }

  /**
   * Counts a socket of a save hook, if there is room: an eighth of all may be theirs, so that a
   * hook that answers slowly leaves others theirs.
   */
  boolean tryOpenForHook() {
    if (ofHooks.incrementAndGet() > socketsMax / 8 || !roomToConnect()) {
      ofHooks.decrementAndGet();
      return false;
    }
    open.incrementAndGet();
    return true;
  }

  void closedByHook() {
    ofHooks.decrementAndGet();
    closed();
  }

  /**
   * Responses that may go on without anybody who reads them, and as many calls without anybody who
   * waits: each has a socket to the upstream for as long as that takes, and together they leave the
   * others enough to be accepted and answered.
   */
  int unattendedMax() {
    return socketsMax / 4;
  }

  /** Who is told that there is room to accept again; on any thread, perhaps for nothing. */
  void whenRoomToAccept(Runnable told) {
    roomAgain.add(told);
  }

  int open() {
    return open.get();
  }
}
