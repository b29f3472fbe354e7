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

/** The program as a process of its own, in a folder that takes what it prints. */
final class GatewayProcess implements AutoCloseable {
  private static final Pattern READY = Pattern.compile("gateway\\.ready listen=([0-9.]+):([0-9]+)");

  private final Path folder;
  private final Process process;

  private GatewayProcess(Path folder, Process process) {
    this.folder = folder;
    this.process = process;
  }

  static GatewayProcess start(Path folder, String... args) throws IOException {
    return start(folder, List.of(), Map.of(), args);
  }

  static GatewayProcess start(
      Path folder, List<String> jvmOptions, Map<String, String> environment, String... args)
      throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(jvmOptions);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), "dev.lastword.gateway.Main"));
    command.addAll(List.of(args));
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return new GatewayProcess(
        folder,
        builder
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("out").toFile())
            .redirectError(folder.resolve("err").toFile())
            .start());
  }

  String out() throws IOException {
    return Files.readString(folder.resolve("out"));
  }

  String err() throws IOException {
    return Files.readString(folder.resolve("err"));
  }

  boolean isAlive() {
    return process.isAlive();
  }

  Process process() {
    return process;
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

  /** Its exit code, once it has ended by itself. */
  int exit() throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    return process.exitValue();
  }

  /** As {@code kill -9} does. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    exit();
  }

  /** Asks it to end, and waits. */
  @Override
  public void close() {
    process.destroy();
    try {
      exit();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
