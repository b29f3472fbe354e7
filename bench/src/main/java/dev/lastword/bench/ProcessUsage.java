package dev.lastword.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// What a process and its descendants have used so far, as `/proc` says.
///
/// @param cpuMicros user and system time of all threads; the kernel counts it in steps of 10 ms
/// @param rssBytes resident set, shared pages included
/// @param voluntarySwitches context switches because a thread had nothing to do; threads that have
///   ended are not counted
/// @param threadMicros CPU time by the thread's name
record ProcessUsage(
    long cpuMicros, long rssBytes, long voluntarySwitches, Map<String, Long> threadMicros) {
  static final ProcessUsage NOTHING = new ProcessUsage(0, 0, 0, Map.of());
  private static final long MICROS_PER_TICK = 10_000;
  private static final long PAGE_BYTES = 4096;

  static ProcessUsage of(long pid) throws IOException {
    var sum = NOTHING;
    var handles =
        ProcessHandle.of(pid).stream().flatMap(p -> Stream.concat(Stream.of(p), p.descendants()));
    for (var handle : handles.toList()) {
      sum = sum.plus(single(handle.pid()));
    }
    return sum;
  }

  /// Proportional set size of a process and its descendants, in bytes. The kernel walks all of
  /// their pages for it: nothing to ask within a window.
  static long pssBytes(long pid) throws IOException {
    var handles =
        ProcessHandle.of(pid).stream().flatMap(p -> Stream.concat(Stream.of(p), p.descendants()));
    long sum = 0;
    for (var handle : handles.toList()) {
      for (var line :
          Files.readAllLines(Path.of("/proc", Long.toString(handle.pid()), "smaps_rollup"))) {
        if (line.startsWith("Pss:")) {
          sum += Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
    }
    return sum;
  }

  /// CPU time that the machine has spent on anything, in microseconds.
  static long machineMicros() throws IOException {
    var fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +");
    long ticks = 0;
    for (int i = 1; i < fields.length; i++) {
      // Fields 4 and 5 are idle time, 9 and 10 are contained in 1 and 2.
      ticks += i == 4 || i == 5 || i >= 9 ? 0 : Long.parseLong(fields[i]);
    }
    return ticks * MICROS_PER_TICK;
  }

  /// How many files a process may have open at a time.
  static long openFilesMax(long pid) throws IOException {
    for (var line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "limits"))) {
      if (line.startsWith("Max open files")) {
        var soft = line.split(" +")[3];
        return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
      }
    }
    throw new IOException("no limit of open files in /proc/" + pid + "/limits");
  }

  ProcessUsage minus(ProcessUsage earlier) {
    var threads = new HashMap<>(threadMicros);
    earlier.threadMicros.forEach((thread, micros) -> threads.merge(thread, -micros, Long::sum));
    return new ProcessUsage(
        cpuMicros - earlier.cpuMicros,
        rssBytes - earlier.rssBytes,
        voluntarySwitches - earlier.voluntarySwitches,
        threads);
  }

  private ProcessUsage plus(ProcessUsage other) {
    var threads = new HashMap<>(threadMicros);
    other.threadMicros.forEach((thread, micros) -> threads.merge(thread, micros, Long::sum));
    return new ProcessUsage(
        cpuMicros + other.cpuMicros,
        rssBytes + other.rssBytes,
        voluntarySwitches + other.voluntarySwitches,
        threads);
  }

  private static ProcessUsage single(long pid) throws IOException {
    var process = Path.of("/proc", Long.toString(pid));
    long switches = 0;
    var threads = new HashMap<String, Long>();
    for (var task : tasks(process)) {
      try {
        var stat = Files.readString(task.resolve("stat"));
        threads.merge(threadName(stat), cpuMicros(stat), Long::sum);
        switches += voluntarySwitches(task);
      } catch (NoSuchFileException e) {
        // The thread has ended since the folder was listed: what it used is in the process's sum.
      }
    }
    var pages = Files.readString(process.resolve("statm")).split(" ")[1];
    return new ProcessUsage(
        cpuMicros(Files.readString(process.resolve("stat"))),
        Long.parseLong(pages) * PAGE_BYTES,
        switches,
        threads);
  }

  private static List<Path> tasks(Path process) throws IOException {
    try (var tasks = Files.list(process.resolve("task"))) {
      return tasks.toList();
    }
  }

  private static String threadName(String stat) {
    return stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  }

  // Fields 14 and 15 of proc(5); the name before them may hold spaces and parentheses.
  private static long cpuMicros(String stat) {
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MICROS_PER_TICK;
  }

  private static long voluntarySwitches(Path task) throws IOException {
    for (var line : Files.readAllLines(task.resolve("status"))) {
      if (line.startsWith("voluntary_ctxt_switches:")) {
        return Long.parseLong(line.substring(line.indexOf(':') + 1).trim());
      }
    }
    return 0;
  }
}
