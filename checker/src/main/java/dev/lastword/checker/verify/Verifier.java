package dev.lastword.checker.verify;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.probe.Reader;
import dev.lastword.checker.probe.Reply;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.probe.Wire;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.template.Values;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Looks whether an answer was saved. */
public final class Verifier {
  private static final int EXCERPT_CHARACTERS = 80;
  private static final Duration COMMAND_LIMIT = Duration.ofSeconds(30);

  /** How long output may still come once the command has ended; it is in the pipe by then. */
  private static final Duration DRAIN_LIMIT = Duration.ofSeconds(5);

  private static final Duration PAUSE_FIRST = Duration.ofMillis(10);
  private static final Duration PAUSE_MAX = Duration.ofMillis(250);

  private final Verification verification;
  private final Reader reader;

  /** A verifier that asks over the connections of a reader. */
  public Verifier(Verification verification, Reader reader) {
    this.verification = verification;
    this.reader = reader;
  }

  /** For readers who saw only a part of the answer: more than that may have been saved. */
  public Verifier ofPart() {
    return new Verifier(verification.ofPart(), reader);
  }

  /** For an endpoint that saves less than the whole: what it saves may stand among other text. */
  public Verifier ofWhatIsSaved() {
    return new Verifier(verification.ofWhatIsSaved(), reader);
  }

  /** What is looked for, and where. */
  public Verification verification() {
    return verification;
  }

  /** Connects ahead of a look, so that the look itself takes as little time as it can. */
  public Ready ready(Values values) {
    if (verification instanceof Verification.Http http) {
      try {
        return new Ready(reader.open(http.request().request(values)));
      } catch (IOException | MissingValueException e) {
        return new Ready(null); // the look connects by itself, and tells what is wrong
      }
    }
    return new Ready(null);
  }

  /** Looks once. */
  public Look look(Values values, String answer) {
    try (var ready = new Ready(null)) {
      return ready.look(values, answer);
    }
  }

  /** What a look would have found that had looked for another text. */
  public Look again(Look look, Values values, String answer) {
    if (look.outcome() == Look.Outcome.BLIND) {
      return look;
    }
    int characters = verification.expectation().found(look.shown(), values.with("answer", answer));
    return new Look(
        outcome(characters),
        Math.max(0, characters),
        look.saw(),
        look.shown(),
        look.tookNanos(),
        look.atNanos());
  }

  /**
   * Looks again and again until the answer is there.
   *
   * @param sinceNanos the moment from which the time counts, by {@link System#nanoTime}
   * @param limit how long after that moment, at the earliest, the last look is begun: however long
   *     a look takes, nothing is called lost before
   */
  public Watch watch(Values values, String answer, long sinceNanos, Duration limit)
      throws InterruptedException {
    var first = look(values, answer);
    return watch(first, values, answer, sinceNanos, limit);
  }

  /** As {@link #watch(Values, String, long, Duration)}, after a first look. */
  public Watch watch(Look first, Values values, String answer, long sinceNanos, Duration limit)
      throws InterruptedException {
    var look = first;
    var pause = PAUSE_FIRST;
    while (!look.saved() && look.atNanos() - sinceNanos < limit.toNanos()) {
      long left = Math.max(0, sinceNanos + limit.toNanos() - System.nanoTime());
      Thread.sleep(Duration.ofNanos(Math.min(left, pause.toNanos())));
      pause = pause.multipliedBy(2).compareTo(PAUSE_MAX) < 0 ? pause.multipliedBy(2) : PAUSE_MAX;
      look = look(values, answer);
    }
    return new Watch(
        first,
        look,
        look.saved()
            ? OptionalLong.of(Math.max(0, look.atNanos() - sinceNanos))
            : OptionalLong.empty());
  }

  /** A connection for one look, if one could be opened ahead. */
  public final class Ready implements AutoCloseable {
    private @Nullable Wire wire;

    private Ready(@Nullable Wire wire) {
      this.wire = wire;
    }

    /** Looks once; a second look connects anew. */
    public Look look(Values values, String answer) {
      return look(values, () -> answer);
    }

    /**
     * Looks once.
     *
     * @param answer asked for after the look's own request was sent: nothing may delay that
     */
    public Look look(Values values, Supplier<String> answer) {
      long at = System.nanoTime();
      try {
        return switch (verification) {
          case Verification.Http http -> {
            var reply = reply(http.request().request(values));
            yield judged(http, reply, values.with("answer", answer.get()), at);
          }
          case Verification.Command command -> judged(command, values, answer, at);
        };
      } catch (IOException | MissingValueException e) {
        return seen(Look.Outcome.BLIND, 0, String.valueOf(e.getMessage()), at);
      }
    }

    private Reply reply(Request request) throws IOException {
      var opened = wire;
      wire = null;
      if (opened != null) {
        try (opened) {
          return opened.exchange(request);
        } catch (IOException e) {
          // A server may have closed a connection on which nothing was said; a new one tells.
        }
      }
      try (var fresh = reader.open(request)) {
        return fresh.exchange(request);
      }
    }

    @Override
    public void close() {
      if (wire != null) {
        try {
          wire.close();
        } catch (IOException e) {
          wire = null; // nothing was said on it
        }
      }
    }
  }

  private Look judged(Verification.Http http, Reply reply, Values values, long at) {
    int status = reply.head().status();
    if (reply.head().isSuccess()) {
      var shown = reply.text();
      return found(http.expectation().found(shown, values), excerpt(shown), shown, at);
    }
    boolean says = status == 404 || status == 410 || status == 204;
    return new Look(
        says ? Look.Outcome.ABSENT : Look.Outcome.BLIND,
        0,
        "HTTP " + status,
        "",
        System.nanoTime() - at,
        at,
        status);
  }

  private Look judged(Verification.Command command, Values values, Supplier<String> answer, long at)
      throws IOException {
    var process = new ProcessBuilder("sh", "-c", command.command().command(values)).start();
    try {
      process.getOutputStream().close();
      var errors = read(process.errorReader(UTF_8));
      var output = read(process.inputReader(UTF_8));
      if (!process.waitFor(COMMAND_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        return blind("the command took longer than " + COMMAND_LIMIT.toSeconds() + " s", at);
      }
      int code = process.exitValue();
      var complaint = errors.get(DRAIN_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      if (code == 126 || code == 127) {
        return blind(excerpt(complaint), at);
      }
      var shown = output.get(DRAIN_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      return found(
          code == 0 ? command.expectation().found(shown, values.with("answer", answer.get())) : 0,
          shown.isBlank() ? "exit code " + code + " " + excerpt(complaint) : excerpt(shown),
          code == 0 ? shown : "",
          at);
    } catch (TimeoutException e) {
      return blind("a program that the command has started keeps its output open", at);
    } catch (ExecutionException e) {
      return blind("the command's output cannot be read: " + e.getCause(), at);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return blind("interrupted", at);
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * Reads to the end, on a thread of its own: a pool's may all be busy with pipes that end with the
   * process, while the process waits for room in this one.
   */
  private static CompletableFuture<String> read(BufferedReader from) {
    return CompletableFuture.supplyAsync(
        () -> from.lines().collect(Collectors.joining("\n")), Thread::startVirtualThread);
  }

  private static Look blind(String why, long at) {
    return seen(Look.Outcome.BLIND, 0, why, at);
  }

  private static Look found(int characters, String saw, String shown, long at) {
    return new Look(
        outcome(characters), Math.max(0, characters), saw, shown, System.nanoTime() - at, at);
  }

  private static Look.Outcome outcome(int characters) {
    if (characters < 0) {
      return Look.Outcome.SAVED;
    }
    return characters > 0 ? Look.Outcome.PART : Look.Outcome.ABSENT;
  }

  private static Look seen(Look.Outcome outcome, int characters, String saw, long at) {
    return new Look(outcome, characters, saw, "", System.nanoTime() - at, at);
  }

  private static String excerpt(String text) {
    var line = text.strip().replaceAll("[\\s\\p{Cc}]+", " ");
    return line.length() <= EXCERPT_CHARACTERS
        ? line
        : line.substring(0, EXCERPT_CHARACTERS) + " …";
  }
}
