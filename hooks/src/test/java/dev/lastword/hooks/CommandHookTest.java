package dev.lastword.hooks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.stream.SaveException;
import dev.lastword.stream.SaveException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisabledOnOs(OS.WINDOWS)
class CommandHookTest {
  @TempDir Path folder;

  @SuppressWarnings("NullAway.Init") // each test opens its own
  private CommandHook hook;

  @AfterEach
  void stop() {
    if (hook != null) {
      hook.close();
    }
  }

  private void open(int callsMax, Duration timeout, String script) {
    hook =
        new CommandHook(
            List.of("/bin/sh", "-c", script, "hook", folder.toString()),
            callsMax,
            timeout,
            AnswerReceipt.NONE);
  }

  private boolean isSaved() throws Exception {
    return Responses.isSaved(hook.save(Responses.numbered(1)));
  }

  private SaveException failure() throws Exception {
    return Responses.failure(hook.save(Responses.numbered(1)));
  }

  @Test
  void givenAProgramThatEndsWith0_thenItIsSaved_andItWasToldTheResponse_andNothingOfOurs()
      throws Exception {
    open(1, Duration.ofSeconds(20), "cat > $1/body; env > $1/env; echo all right");

    assertThat(isSaved()).isTrue();

    assertThat(folder.resolve("body")).hasBinaryContent(HookBody.of(Responses.numbered(1), ""));
    var environment = Files.readString(folder.resolve("env"));
    assertThat(environment).contains("LASTWORD_STREAM=stream-of-hooks-000001", "PATH=");
    assertThat(environment.lines().map(line -> line.replaceAll("=.*", "")))
        .isSubsetOf("PATH", "HOME", "LANG", "TZ", "LASTWORD_STREAM", "PWD", "OLDPWD", "SHLVL", "_");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exit 65 | REJECTED | it ended with 65",
        "exit 1 | UNREACHABLE | it ended with 1",
        "echo first >&2; printf 'no\\ttable' >&2; exit 3 | UNREACHABLE | it ended with 3: no?table",
        "kill -9 $$ | UNREACHABLE | it ended with 137",
        "exec 0<&-; exit 75 | UNREACHABLE | it ended with 75",
        "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; echo end >&2; exit 2 | UNREACHABLE | it ended with 2: ",
      })
  void givenAnotherEnd_thenItSaysWhetherToCallAgain(String script, Kind kind, String told)
      throws Exception {
    open(1, Duration.ofSeconds(20), script);

    var failure = failure();

    assertThat(failure.kind()).isEqualTo(kind);
    assertThat(failure.getMessage()).startsWith(told).hasSizeLessThan(300);
  }

  @Test
  void givenAProgramThatIsNotThere_thenItIsCalledAgain() throws Exception {
    hook =
        new CommandHook(List.of("/no/such/program"), 1, Duration.ofSeconds(5), AnswerReceipt.NONE);

    assertThat(failure().kind()).isEqualTo(Kind.UNREACHABLE);
  }

  @Test
  void givenAProgramThatDoesNotEnd_thenItIsKilled_withAllThatItHasStarted() throws Exception {
    open(1, Duration.ofMillis(500), "sleep 600 & echo $! > $1/child; wait");

    var failure = failure();

    assertThat(failure.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(failure).hasMessage("it did not end in time");
    long child = Long.parseLong(Files.readString(folder.resolve("child")).strip());
    Awaitility.await().until(() -> ProcessHandle.of(child).map(it -> !it.isAlive()).orElse(true));
  }

  @Test
  void givenACallThatIsGivenUp_thenItsProgramIsKilled() throws Exception {
    open(1, Duration.ofSeconds(60), "echo $$ > $1/pid; exec sleep 600");
    var call = hook.save(Responses.numbered(1)).toCompletableFuture();
    var file = folder.resolve("pid");
    Awaitility.await().until(() -> Files.exists(file) && Files.size(file) > 1);
    long pid = Long.parseLong(Files.readString(file).strip());

    call.cancel(true);

    Awaitility.await().until(() -> ProcessHandle.of(pid).map(it -> !it.isAlive()).orElse(true));
  }

  @Test
  void givenMoreCallsThanAtOnce_thenAllAreMade() throws Exception {
    open(4, Duration.ofSeconds(20), "cat > $1/$LASTWORD_STREAM");

    for (var call :
        IntStream.range(0, 30).mapToObj(i -> hook.save(Responses.numbered(i))).toList()) {
      assertThat(Responses.isSaved(call)).isTrue();
    }
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(30);
    }
  }
}
