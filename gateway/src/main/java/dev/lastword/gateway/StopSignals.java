package dev.lastword.gateway;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGTERM and SIGINT: the first one stops in good order, the second at once. SIGHUP, where it is
 * listened to: the configuration is read again.
 *
 * <p>The JVM's own shutdown hooks hear only of the first. Its signal handlers are reached by
 * reflection, for the compiler warns of their package wherever it is named; where they are missing,
 * a shutdown hook stands in.
 */
final class StopSignals {
  private static final Logger log = LoggerFactory.getLogger(StopSignals.class);
  private static final int SIGNAL_EXIT = 128;

  private StopSignals() {}

  /** Runs a task when the process is asked to stop; then it exits as a signalled process does. */
  static void onFirst(Runnable stop) {
    var stopping = new AtomicBoolean();
    try {
      handle("TERM", () -> received(15, stop, stopping));
      handle("INT", () -> received(2, stop, stopping));
    } catch (ReflectiveOperationException | RuntimeException e) {
      log.debug("signals.unavailable", e);
      Runtime.getRuntime().addShutdownHook(new Thread(stop, "lastword-stop"));
    }
  }

  /** Runs a task, on a thread of its own, whenever SIGHUP comes. Without it SIGHUP ends the JVM. */
  static void onHangup(Runnable task) {
    try {
      handle("HUP", () -> Thread.ofPlatform().name("lastword-reload").daemon().start(task));
    } catch (ReflectiveOperationException | RuntimeException e) {
      log.debug("signals.unavailable", e);
    }
  }

  private static void handle(String name, Runnable received) throws ReflectiveOperationException {
    var signalType = Class.forName("sun.misc.Signal");
    var handlerType = Class.forName("sun.misc.SignalHandler");
    var signal = signalType.getConstructor(String.class).newInstance(name);
    var handler =
        Proxy.newProxyInstance(
            StopSignals.class.getClassLoader(),
            new Class<?>[] {handlerType},
            (proxy, method, args) -> {
              received.run();
              return null;
            });
    signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
  }

  private static void received(int number, Runnable stop, AtomicBoolean stopping) {
    if (!stopping.compareAndSet(false, true)) {
      log.warn("gateway.killed hint=\"second signal\"");
      Runtime.getRuntime().halt(SIGNAL_EXIT + number);
    }
    Thread.ofPlatform()
        .name("lastword-stop")
        .start(
            () -> {
              try {
                stop.run();
              } finally {
                Runtime.getRuntime().exit(SIGNAL_EXIT + number);
              }
            });
  }
}
