package dev.lastword.gateway;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A gateway that runs until the process is told to stop. */
final class RunningGateway {
  private static final Logger log = LoggerFactory.getLogger(RunningGateway.class);

  private final Gateway gateway;

  private RunningGateway(Gateway gateway) {
    this.gateway = gateway;
  }

  /** Starts, says that it is ready, and arranges for the end. Returns; the process goes on. */
  static Gateway run(Config config, Map<String, Route> pages) {
    var gateway = Gateway.start(config, pages);
    var running = new RunningGateway(gateway);
    StopSignals.onFirst(running::stop);
    keepAlive();
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
    var drain = gateway.config().drain();
    log.info("gateway.stopping drain_ms={}", drain.toMillis());
    gateway.drain(drain);
    gateway.close();
    log.info("gateway.stopped");
  }
}
