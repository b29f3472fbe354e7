package dev.lastword.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/// Hands everything on to JMH.
@Command(
    name = "jmh",
    description =
        "The JMH benchmarks; takes JMH's own arguments (jmh -h lists them, jmh -l the benchmarks).")
final class JmhCommand implements Callable<Integer> {
  @Unmatched List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    org.openjdk.jmh.Main.main(arguments.toArray(String[]::new));
    return 0;
  }
}
