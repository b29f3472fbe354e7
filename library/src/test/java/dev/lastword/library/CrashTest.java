package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.stream.SavedResponse;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that writes answers is killed, again and again, and the next one goes on with its
 * directory. What a reader was told the end of has to be saved, and nothing twice.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class CrashTest {
  private static final int ROUNDS = 11;

  @TempDir Path dir;

  @Test
  void givenTheProcessIsKilledBetweenItsSaveAndTheRelease_thenWhatWasToldIsSavedOnce()
      throws Exception {
    Set<String> told = new HashSet<>();
    for (int round = 0; round < ROUNDS; round++) {
      told.addAll(killed(round));
    }

    var savedAgain = new CopyOnWriteArrayList<String>();
    try (var lastword =
        Lastword.at(dir.resolve("data")).saver(response -> save(response, savedAgain)).open()) {
      await().atMost(Rig.PATIENCE).until(() -> all(lastword).stream().allMatch(CrashTest::isOver));

      var rows = rows();
      var views = all(lastword);
      assertThat(told).isNotEmpty();
      assertThat(savedAgain).isNotEmpty().doesNotContainAnyElementsOf(told);
      for (var id : told) {
        assertThat(view(views, id).outcome()).as("what was told").isEqualTo(Outcome.COMPLETED);
      }
      for (var view : views) {
        var id = view.id();
        var partial = lastword.response(id, Rig.ANN).orElseThrow();
        if (view.outcome() == Outcome.COMPLETED) {
          assertThat(rows).as("what was completed").containsKey(id.value());
          assertThat(Rig.readAll(lastword.read(id, Rig.ANN, "").orElseThrow()))
              .endsWith("data: [DONE]\n\n");
          assertThat(partial).contains(CrashChild.TEXT);
        } else {
          assertThat(view.outcome()).isEqualTo(Outcome.INTERRUPTED);
          assertThat(Rig.readAll(lastword.read(id, Rig.ANN, "").orElseThrow()))
              .doesNotContain("[DONE]");
        }
      }
      assertThat(views).extracting(StreamView::outcome).contains(Outcome.COMPLETED);
    }
  }

  /** Runs a child until it stands between a save and the release, or in an answer; kills it. */
  private Set<String> killed(int round) throws IOException, InterruptedException {
    boolean inSave = round % 2 == 0;
    int left = 2 + round;
    var child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                CrashChild.class.getName(),
                dir.toString(),
                String.valueOf(inSave ? left : Integer.MAX_VALUE))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Set<String> told = new HashSet<>();
    var deadly = inSave ? "saved " : "sent ";
    try (var lines = new BufferedReader(child.inputReader(StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(deadly) && --left == 0) {
          child.toHandle().destroyForcibly(); // the process would close its pipe, too
        }
        if (line.startsWith("told ")) {
          told.add(line.substring("told ".length()));
        }
      }
    }
    child.waitFor();
    assertThat(left).as("the child lived until it was killed").isNotPositive();
    return told;
  }

  private void save(SavedResponse response, List<String> savedAgain) throws IOException {
    if (response.outcome() == Outcome.COMPLETED) {
      savedAgain.add(response.stream().value());
      CrashChild.save(dir, response);
    }
  }

  private static List<StreamView> all(Lastword lastword) {
    return lastword.list(Rig.ANN, new StreamQuery(null, null, null, null, null, 1_000));
  }

  private static boolean isOver(StreamView view) {
    return view.outcome() != null;
  }

  private static StreamView view(List<StreamView> views, String id) {
    return views.stream()
        .filter(view -> view.id().equals(new StreamId(id)))
        .findFirst()
        .orElseThrow();
  }

  /** What was saved, each under its key: one that stands there twice is not the same twice. */
  private Map<String, String> rows() throws IOException {
    var rows = new HashMap<String, String>();
    try (var files = Files.list(dir.resolve("rows"))) {
      for (var file : files.toList()) {
        rows.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    assertThat(rows.values()).allMatch(CrashChild.TEXT::equals);
    return rows;
  }
}
