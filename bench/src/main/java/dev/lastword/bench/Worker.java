package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.JdkLoggerFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A JVM of this tool, source or readers, that is spoken to in lines. It ends when its input ends,
/// so it cannot be left behind.
final class Worker implements AutoCloseable {
  private final String name;
  private final Children children;
  private final Process process;
  private final Writer commands;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

  private Worker(String name, Children children, Process process) {
    this.name = name;
    this.children = children;
    this.process = process;
    this.commands = new OutputStreamWriter(process.getOutputStream(), UTF_8);
    Thread.ofVirtual().start(this::readAnswers);
  }

  /// @param memoryMb largest heap, and largest direct memory
  /// @param options `key=value` arguments of the worker's `main`
  static Worker start(Children children, Class<?> main, int memoryMb, String... options)
      throws IOException {
    var command =
        new ArrayList<>(
            List.of(jdkProgram("java"), "-Xmx" + memoryMb + "m", "-Xms" + memoryMb + "m"));
    command.addAll(JVM_OPTIONS);
    command.addAll(
        List.of(
            "-XX:MaxDirectMemorySize=" + memoryMb + "m",
            "-cp",
            System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(List.of(options));
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    return new Worker(main.getSimpleName(), children, children.start(builder));
  }

  /// A program of the JDK that runs this tool.
  static String jdkProgram(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }

  /// Keeps Netty's log off standard output, where a worker answers; called before Netty is touched.
  static void logToError() {
    InternalLoggerFactory.setDefaultFactory(JdkLoggerFactory.INSTANCE);
  }

  long pid() {
    return process.pid();
  }

  /// Sends a command and waits for its answer.
  ///
  /// @throws IllegalStateException if the worker has failed or does not answer in time
  Line ask(Line command, long timeoutSeconds) throws InterruptedException {
    try {
      commands.write(command + "\n");
      commands.flush();
    } catch (IOException e) {
      throw new IllegalStateException(name + " has ended", e);
    }
    return answer(timeoutSeconds);
  }

  /// Waits for the next line that the worker prints.
  ///
  /// @throws IllegalStateException if the worker has failed or does not answer in time
  Line answer(long timeoutSeconds) throws InterruptedException {
    var text = answers.poll(timeoutSeconds, TimeUnit.SECONDS);
    if (text == null) {
      throw new IllegalStateException(name + " gave no answer within " + timeoutSeconds + " s");
    }
    var line = Line.parse(text);
    if (line.word().equals("failed")) {
      throw new IllegalStateException(name + ": " + line.text("why"));
    }
    return line;
  }

  @Override
  public void close() {
    children.stop(process);
  }

  private void readAnswers() {
    try (var reader = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      for (var line = reader.readLine(); line != null; line = reader.readLine()) {
        answers.add(line);
      }
      answers.add(Line.of("failed").with("why", "has ended").toString());
    } catch (IOException e) {
      answers.add(Line.of("failed").with("why", e).toString());
    }
  }

  // One collecting thread and no checks per buffer access: what the tool spends, the system under
  // test lacks.
  private static final List<String> JVM_OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:+UseCompactObjectHeaders",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-Dio.netty.leakDetection.level=disabled",
          "-Dio.netty.buffer.checkAccessible=false",
          "-Dio.netty.buffer.checkBounds=false");
}
