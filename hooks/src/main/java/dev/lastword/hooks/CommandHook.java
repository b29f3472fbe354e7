package dev.lastword.hooks;

import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveException.Kind;
import dev.lastword.stream.SaveHook;
import dev.lastword.stream.SavedResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Starts a program for each response, with it as JSON on its standard input. Exit code 0 is an
 * acknowledgement, 65 ({@code EX_DATAERR}) says that the response is never taken, any other to call
 * again.
 */
public final class CommandHook implements SaveHook, AutoCloseable {
  private static final int REJECTED = 65;
  private static final int TOLD_BYTES_MAX = 200;
  private static final Duration TOLD = Duration.ofMillis(200);

  /** What of our own environment programs are told: nothing that may be secret. */
  private static final List<String> ENVIRONMENT = List.of("PATH", "HOME", "LANG", "TZ");

  private static final ThreadFactory BESIDE =
      Thread.ofPlatform().daemon().name("lastword-command-pipe").factory();

  private final List<String> command;
  private final Duration timeout;
  private final AnswerReceipt receipts;
  private final HookCalls calls;

  /**
   * Makes it; nothing is started.
   *
   * @param command the program and its arguments
   * @param callsMax most of them at once; the others wait
   * @param timeout then it is killed, with all that it has started
   * @param receipts go along
   */
  public CommandHook(List<String> command, int callsMax, Duration timeout, AnswerReceipt receipts) {
    this.command = List.copyOf(command);
    this.timeout = timeout;
    this.receipts = receipts;
    this.calls =
        new HookCalls(Thread.ofPlatform().daemon().name("lastword-command").factory(), callsMax);
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response) {
    return save(response, () -> {});
  }

  @Override
  public CompletionStage<Void> save(SavedResponse response, Runnable begins) {
    return calls.call(begins, stop -> run(response, stop));
  }

  private void run(SavedResponse response, HookCalls.Stop stop)
      throws SaveException, InterruptedException {
    var body = HookBody.of(response, receipts.of(response));
    var process = start(response);
    stop.by(() -> kill(process));
    try {
      // Beside the waiting, and for as long as the pipes are open: a program that writes and is not
      // read stands still, and so does one that is not written to. What a program has left behind
      // may hold them for ever: a virtual thread would hold a carrier so long, of which there are
      // only so many for all.
      BESIDE.newThread(() -> write(process, body)).start();
      var errors = new Tail(process.getErrorStream());
      var reading = BESIDE.newThread(errors);
      reading.start();
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new SaveException(Kind.UNREACHABLE, "it did not end in time");
      }
      reading.join(TOLD); // not for ever: what it has started may hold the pipe
      settle(process.exitValue(), errors);
    } finally {
      kill(process);
    }
  }

  private Process start(SavedResponse response) throws SaveException {
    var builder = new ProcessBuilder(command);
    var own = Map.copyOf(builder.environment());
    builder.environment().clear();
    for (var name : ENVIRONMENT) {
      if (own.containsKey(name)) {
        builder.environment().put(name, own.get(name));
      }
    }
    builder.environment().put("LASTWORD_STREAM", response.stream().value());
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new SaveException(Kind.UNREACHABLE, "it cannot be started: " + e.getMessage());
    }
  }

  private static void write(Process process, byte[] body) {
    try (var in = process.getOutputStream()) {
      in.write(body);
    } catch (IOException e) {
      // it has read as much as it wanted: its exit code says whether that was enough
    }
  }

  private static void settle(int code, Tail errors) throws SaveException {
    if (code != 0) {
      throw new SaveException(
          code == REJECTED ? Kind.REJECTED : Kind.UNREACHABLE,
          "it ended with " + code + errors.told());
    }
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  @Override
  public void close() {
    calls.close();
  }

  /** Reads what a program writes, and keeps its end. */
  private static final class Tail implements Runnable {
    private final InputStream from;
    private final ByteArrayOutputStream last = new ByteArrayOutputStream();

    Tail(InputStream from) {
      this.from = from;
    }

    @Override
    public void run() {
      var bytes = new byte[4 << 10];
      try (from) {
        for (int read = from.read(bytes); read >= 0; read = from.read(bytes)) {
          keep(bytes, read);
        }
      } catch (IOException e) {
        // it was killed
      }
    }

    private synchronized void keep(byte[] bytes, int length) {
      if (last.size() + length > 2 * bytes.length) {
        var kept = last.toByteArray();
        last.reset();
        int from = Math.max(0, kept.length - TOLD_BYTES_MAX);
        last.write(kept, from, kept.length - from);
      }
      last.write(bytes, 0, length);
    }

    /** Its last line, as far as it has come; nothing that could look like another log line. */
    synchronized String told() {
      var lines = last.toString(StandardCharsets.UTF_8).strip().split("\\R", -1);
      var line = lines[lines.length - 1].replaceAll("\\p{Cntrl}", "?");
      var cut = line.substring(0, Math.min(line.length(), TOLD_BYTES_MAX));
      return cut.isEmpty() ? "" : ": " + cut;
    }
  }
}
