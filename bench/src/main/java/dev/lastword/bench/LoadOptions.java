package dev.lastword.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Options that every load command has.
final class LoadOptions {
  @Option(
      names = "--systems",
      split = ",",
      description = "what is measured, in turns: direct, nginx, lastword, names of --other")
  List<String> systems = new ArrayList<>();

  @Option(
      names = "--rounds",
      defaultValue = "3",
      description = "measured rounds of each system (${DEFAULT-VALUE})")
  int rounds = 3;

  @Option(
      names = "--warmup-rounds",
      defaultValue = "1",
      description = "rounds before these, not counted (${DEFAULT-VALUE})")
  int warmupRounds = 1;

  @Option(
      names = "--seconds",
      defaultValue = "10",
      description = "length of a round's window (${DEFAULT-VALUE})")
  int seconds = 10;

  @Option(
      names = "--settle",
      defaultValue = "2",
      description = "seconds between the last reader's arrival and the window (${DEFAULT-VALUE})")
  int settleSeconds = 2;

  @Option(
      names = "--bytes",
      defaultValue = "230",
      description = "length of an event's data line (${DEFAULT-VALUE})")
  int bytes = 230;

  @Option(
      names = "--source-loops",
      defaultValue = "1",
      description = "event loops of the source (${DEFAULT-VALUE})")
  int sourceLoops = 1;

  @Option(
      names = "--reader-loops",
      defaultValue = "1",
      description = "event loops of the readers (${DEFAULT-VALUE})")
  int readerLoops = 1;

  @Option(
      names = "--timed-readers",
      defaultValue = "10",
      paramLabel = "N",
      description = {
        "time the events of one reader in N, and read the others' ten at a time: readers that live on",
        "the measured machine take the CPU that they measure (${DEFAULT-VALUE})"
      })
  int timedReaders = 10;

  @Option(
      names = "--source-tick-us",
      defaultValue = "1000",
      description =
          "how often the source looks for what is due, in microseconds (${DEFAULT-VALUE})")
  int sourceTickMicros = 1000;

  @Option(
      names = "--nginx",
      defaultValue = "nginx",
      paramLabel = "PROGRAM",
      description = "which nginx (${DEFAULT-VALUE})")
  String nginx = "nginx";

  @Option(
      names = "--gateway",
      paramLabel = "COMMAND",
      description = {
        "what starts the gateway, split at spaces; --upstream, --listen and --data are appended",
        "(the gateway on this tool's class path, with the options that the launcher gives the JVM)"
      })
  Optional<String> gateway = Optional.empty();

  @Option(
      names = "--other",
      paramLabel = "NAME=COMMAND",
      description = {
        "another gateway, for example an older build's, measured beside this one; the command as with",
        "--gateway; may be given several times"
      })
  Map<String, String> others = new LinkedHashMap<>();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "where the gateway's data folder is made (the temporary folder)")
  Optional<Path> data = Optional.empty();

  @Option(
      names = "--by-thread",
      description = "also print which threads of the system used the CPU")
  boolean byThread;

  /// What starts the systems that a command brings along.
  final Map<String, List<String>> brought = new LinkedHashMap<>();

  @Option(names = "--markdown", paramLabel = "FILE", description = "also write the result there")
  Optional<Path> markdown = Optional.empty();

  /// A gateway's command, without its address, upstream and data folder.
  ///
  /// @throws IllegalArgumentException if none is called that
  List<String> gatewayCommand(String name) {
    if (brought.containsKey(name)) {
      return brought.getOrDefault(name, List.of());
    }
    var other = others.get(name);
    if (other != null) {
      return words(other);
    }
    if (!name.equals(SystemUnderTest.LASTWORD)) {
      throw new IllegalArgumentException(
          "no such system: "
              + name
              + "; there are direct, nginx, lastword, and what --other names: "
              + others.keySet());
    }
    if (gateway.isPresent()) {
      return words(gateway.get());
    }
    var command = new ArrayList<String>();
    command.add(Worker.jdkProgram("java"));
    command.addAll(jvmOptions());
    command.addAll(
        List.of(
            "-cp", System.getProperty("java.class.path"), "dev.lastword.gateway.Main", "serve"));
    return command;
  }

  private static List<String> words(String command) {
    return List.of(command.trim().split(" +"));
  }

  /// Those that the launcher starts the gateway with, and hands on to this tool.
  private static List<String> jvmOptions() {
    var launchers = System.getenv("GATEWAY_JVM_OPTIONS");
    return launchers == null ? List.of() : List.of(launchers.trim().split("\\s+"));
  }
}
