package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * The program as a process of its own, whose output is in the files {@code out} and {@code err}.
 */
record GatewayProcess(Process process, Path folder) implements AutoCloseable {
  private static final Pattern READY = Pattern.compile("gateway\\.ready listen=([0-9.]+):([0-9]+)");

  /**
   * Starts it.
   *
   * @param under a command that becomes the one that follows it; empty for none
   * @param args of the program
   */
  static GatewayProcess start(
      Path folder, List<String> under, Map<String, String> environment, List<String> args)
      throws IOException {
    var command = new ArrayList<>(under);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.lastword.gateway.Main"));
    command.addAll(args);
    var builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile());
    builder.environment().putAll(environment);
    return new GatewayProcess(builder.start(), folder);
  }

  String err() throws IOException {
    return Files.readString(folder.resolve("err"));
  }

  /** Where it listens, once it does. */
  InetSocketAddress ready() {
    return Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .until(
            () -> {
              assertThat(process.isAlive()).as(err()).isTrue();
              var ready = READY.matcher(err());
              return ready.find()
                  ? new InetSocketAddress(ready.group(1), Integer.parseInt(ready.group(2)))
                  : null;
            },
            address -> address != null);
  }

  /** As {@code kill -9} does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** Asks it to end, and waits. */
  @Override
  public void close() {
    process.destroy();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
