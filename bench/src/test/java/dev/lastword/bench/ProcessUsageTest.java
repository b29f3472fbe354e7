package dev.lastword.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
      while (used.minus(before).cpuMicros() < 200_000) {
        TimeUnit.MILLISECONDS.sleep(5);
        used = ProcessUsage.of(shell.pid());
      }

      assertThat(used.rssBytes()).isPositive();
      // The kernel rounds a thread's time and its process's apart, and time goes on between the
      // two.
      long ofThreads =
          used.minus(before).threadMicros().values().stream().mapToLong(Long::longValue).sum();
      assertThat(ofThreads).isCloseTo(used.minus(before).cpuMicros(), within(100_000L));
      assertThat(ProcessUsage.machineMicros()).isGreaterThanOrEqualTo(used.cpuMicros());
    } finally {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
    }
  }

  @Test
  void givenProcessThatIgnoresSigterm_whenChildrenClose_thenItIsGoneWithItsChildren()
      throws Exception {
    Process stubborn;
    ProcessHandle child;
    try (var children = new Children()) {
      stubborn =
          children.start(new ProcessBuilder("sh", "-c", "trap '' TERM; sleep 300 & wait; wait"));
      while (stubborn.children().findAny().isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(5);
      }
      child = stubborn.children().findAny().orElseThrow();
    }

    assertThat(stubborn.waitFor(20, TimeUnit.SECONDS)).isTrue();
    child.onExit().get(20, TimeUnit.SECONDS);
  }
}
