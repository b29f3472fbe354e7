package dev.lastword.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(value = OS.LINUX, disabledReason = "the load tool reads /proc")
@Timeout(60)
class ProcessUsageTest {
  @Test
  void givenChildThatWorks_whenMeasured_thenItsTimeIsItsParents() throws Exception {
    var shell = new ProcessBuilder("sh", "-c", "sh -c 'while :; do :; done' & wait").start();
    try {
      var before = ProcessUsage.of(shell.pid());
      var used = before;
      // The kernel counts a thread's time and its process's apart: both have to come to it.
      while (used.minus(before).cpuMicros() < 200_000 || ofThreads(used.minus(before)) < 200_000) {
        TimeUnit.MILLISECONDS.sleep(5);
        used = ProcessUsage.of(shell.pid());
      }

      assertThat(used.rssBytes()).isPositive();
      assertThat(ProcessUsage.machineMicros()).isPositive();
    } finally {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
    }
  }

  private static long ofThreads(ProcessUsage usage) {
    return usage.threadMicros().values().stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void givenProcessThatIgnoresSigterm_whenChildrenClose_thenItIsGoneWithItsChildren()
      throws Exception {
    Process stubborn;
    ProcessHandle child;
    try (var children = new Children()) {
      stubborn =
          children.start(new ProcessBuilder("sh", "-c", "trap '' TERM; sleep 300 & wait; wait"));
      child = sleepOf(stubborn);
    }

    assertThat(stubborn.waitFor(20, TimeUnit.SECONDS)).isTrue();
    child.onExit().get(20, TimeUnit.SECONDS);
  }

  /** The shell has another child before, where it has to ask how many files it may open. */
  private static ProcessHandle sleepOf(Process shell) throws InterruptedException {
    while (true) {
      var sleep =
          shell.children().filter(child -> child.info().command().orElse("").endsWith("sleep"));
      var found = sleep.findAny();
      if (found.isPresent()) {
        return found.get();
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }
}
