package dev.lastword.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/// A walk of TLC, the model checker of TLA+, through all states of the model. It keeps its state in
/// statics, so each walk is a process of its own.
///
/// @param violated the name of what does not always hold
/// @param states different ones that were seen
/// @param said all that TLC printed: where something is violated, the steps that lead there
record Walk(Optional<String> violated, long states, Duration took, String said) {
  private static final String MODEL = "TakeOver.tla";
  private static final Pattern VIOLATED = Pattern.compile("Error: Invariant (\\w+) is violated");
  private static final Pattern STATES = Pattern.compile("([\\d,]+) distinct states found, ");
  private static final String TEMPORAL = "Error: Temporal properties were violated.";
  private static final String WHOLE = "Model checking completed. No error has been found.";

  /// Walks until something is violated, or all has been seen.
  ///
  /// @param folder for its files, which nobody else uses
  /// @throws IOException if it cannot be started, or neither finds a violation nor comes to its end
  static Walk of(Question question, Bounds bounds, Path folder)
      throws IOException, InterruptedException {
    try (var in = Objects.requireNonNull(Walk.class.getResourceAsStream(MODEL), MODEL)) {
      Files.write(folder.resolve(MODEL), in.readAllBytes());
    }
    Files.writeString(folder.resolve("asked.cfg"), question.configuration(bounds));
    long began = System.nanoTime();
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "-XX:+UseParallelGC",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                "tlc2.TLC",
                "-workers",
                "auto",
                "-metadir",
                folder.resolve("states").toString(),
                "-config",
                "asked.cfg",
                MODEL)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return new Walk(
          violated(question, said),
          states(said),
          Duration.ofNanos(System.nanoTime() - began),
          said);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Optional<String> violated(Question question, String said) throws IOException {
    var invariant = VIOLATED.matcher(said);
    if (invariant.find()) {
      return Optional.of(invariant.group(1));
    }
    if (said.contains(TEMPORAL)) {
      return Optional.of(String.join(" ", question.properties()));
    }
    if (said.contains(WHOLE)) {
      return Optional.empty();
    }
    throw new IOException("the model checker came to no end:\n" + said);
  }

  private static long states(String said) {
    var states = STATES.matcher(said);
    long last = 0;
    while (states.find()) {
      last = Long.parseLong(states.group(1).replace(",", ""));
    }
    return last;
  }
}
