package dev.lastword.gateway;

import dev.lastword.cli.Commands;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway that runs until the process is told to stop. */
final class RunningGateway {
  private static final Logger log = LoggerFactory.getLogger(RunningGateway.class);

  /** How often a journal is looked at that only another start can open again. */
  private static final long LOOK_MS = 1_000;

  private final Gateway gateway;
  private final Optional<RunningNode> node;
  private volatile boolean stopping;

  private RunningGateway(Gateway gateway, Optional<RunningNode> node) {
    this.gateway = gateway;
    this.node = node;
  }

  /** Starts, says that it is ready, and arranges for the end. Returns; the process goes on. */
  static Gateway run(Config config, Map<String, Route> pages) {
    var node = config.node().map(_ -> RunningNode.start(config, pages, RunningGateway::lost));
    var gateway = node.map(RunningNode::own).orElseGet(() -> Gateway.start(config, pages));
    var running = new RunningGateway(gateway, node);
    StopSignals.onFirst(running::stop);
    keepAlive();
    if (node.isEmpty() && config.isJournalOnServer()) {
      running.watch();
    }
    log.info(
        "gateway.ready listen={} upstream={} data={} ms={}",
        Gateway.text(gateway.address()),
        upstreams(config),
        config.data(),
        System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime());
    gateway
        .adminAddress()
        .ifPresent(address -> log.info("gateway.admin listen={}", Gateway.text(address)));
    if (config.owners().mode() == AccessMode.OPEN
        && !gateway.address().getAddress().isLoopbackAddress()) {
      log.warn(
          "gateway.exposed listen={} hint=\"access.mode is open: whoever reaches this address can read and stop every stream\"",
          Gateway.text(gateway.address()));
    }
    return gateway;
  }

  /**
   * A journal on a server that was away is opened again by the next start, and by nothing else. A
   * node looks by itself, and a disk that fails is a matter for people.
   */
  private void watch() {
    Thread.ofPlatform()
        .name("lastword-journal-watch")
        .daemon()
        .start(
            () -> {
              try {
                while (gateway.isSound()) {
                  Thread.sleep(LOOK_MS);
                }
                Thread.sleep(LOOK_MS); // those who read are told meanwhile
                if (!stopping) {
                  lost("its journal or its archive takes nothing any more");
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Nothing is drained: what this process still says, another may be saying otherwise. */
  private static void lost(String why) {
    log.error("gateway.lost reason=\"{}\" exit={}", why, Commands.TRY_AGAIN);
    Runtime.getRuntime().halt(Commands.TRY_AGAIN);
  }

  private static String upstreams(Config config) {
    return config.routes().stream()
        .flatMap(route -> route.upstreams().stream())
        .map(UpstreamTarget::toString)
        .distinct()
        .collect(Collectors.joining(","));
  }

  /** Every other thread is a daemon, so that only this one decides. */
  private static void keepAlive() {
    var forever = new CountDownLatch(1);
    Thread.ofPlatform()
        .name("lastword-main")
        .start(
            () -> {
              try {
                forever.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private void stop() {
    stopping = true;
    var drain = gateway.config().drain();
    log.info("gateway.stopping drain_ms={}", drain.toMillis());
    node.ifPresentOrElse(its -> its.drain(drain), () -> gateway.drain(drain));
    node.ifPresentOrElse(RunningNode::close, gateway::close);
    log.info("gateway.stopped");
  }
}
