package dev.lastword.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The processes that a run has started. None of them outlives it: not after a failure, not after
/// SIGINT or SIGTERM.
final class Children implements AutoCloseable {
  private static final int STOP_SECONDS = 5;
  private static final String OPEN_FILES_MAX = "100000";

  private final List<Process> started = Collections.synchronizedList(new ArrayList<>());
  private final Thread onExit = new Thread(this::stopAll, "stop-children");

  Children() {
    Runtime.getRuntime().addShutdownHook(onExit);
  }

  /// Starts a process that may open as many files as this user is allowed to give it.
  Process start(ProcessBuilder builder) throws IOException {
    var command = new ArrayList<>(List.of("/bin/sh", "-c", RAISE_LIMIT, OPEN_FILES_MAX));
    command.addAll(builder.command());
    builder.command(command);
    return startAsItIs(builder);
  }

  /// Starts a process with the limits of this one.
  Process startAsItIs(ProcessBuilder builder) throws IOException {
    var process = builder.start();
    started.add(process);
    return process;
  }

  /// Stops a process and what it has started: first asked, then killed.
  void stop(Process process) {
    var family = new ArrayList<>(process.descendants().toList());
    process.destroy();
    if (!ended(process)) {
      family.add(process.toHandle());
    }
    family.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
    started.remove(process);
  }

  @Override
  public void close() {
    stopAll();
    Runtime.getRuntime().removeShutdownHook(onExit);
  }

  private void stopAll() {
    List.copyOf(started).reversed().forEach(this::stop);
  }

  private static boolean ended(Process process) {
    try {
      return process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  // `exec`, so that the process has the id that was started.
  private static final String RAISE_LIMIT =
      "ulimit -n \"$0\" 2>/dev/null || ulimit -n \"$(ulimit -H -n)\"; exec \"$@\"";
}
