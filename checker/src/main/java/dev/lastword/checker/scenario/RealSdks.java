package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.sdk.Hazard;
import dev.lastword.checker.sdk.SdkReplay;
import dev.lastword.checker.sdk.SdkReplay.Heard;
import dev.lastword.checker.sdk.SdkRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * LW022: the SDKs of the stream's dialect survive what is sent. Judged by the calm run's bytes: by
 * what is known of the SDKs, and by playing the bytes to those that are there.
 */
final class RealSdks extends NamedScenario {
  private static final int SHOWN_HAZARDS = 3;

  RealSdks() {
    super(
        "LW022",
        Severity.MEDIUM,
        "real SDKs survive what is sent",
        "Send what the vendor sends: no ids, no retry, no events of your own between its events, and"
            + " heartbeats as comments.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    var reading = bench.baseline().reading();
    var dialect = bench.answers().dialect().name();
    var hazards = SdkRules.hazards(dialect, reading.eventBytes(), reading.isWhole());
    if (hazards.isEmpty()) {
      return Verdict.notApplicable(
          "there is no SDK for %s streams; LW014 judges their bytes (--dialect names another dialect)"
              .formatted(dialect));
    }
    if (reading.error().isPresent()) {
      return Verdict.inconclusive(1, "the calm run ended with an error event");
    }
    var played = played(bench, reading, dialect);
    return verdict(bench, hazards.get(), played).with(Timeline.of(reading, List.of()));
  }

  /** What playing the bytes came to; words instead where that could not be. */
  private record Played(List<Heard> heard, String instead) {}

  private static Played played(Bench bench, Reading reading, String dialect)
      throws InterruptedException {
    var folder = bench.plan().clients().sdkFolder();
    var node = Clients.node();
    if (folder.isEmpty()) {
      return new Played(List.of(), "--sdk-dir plays the stream to the SDKs themselves");
    }
    if (node.isEmpty()) {
      return new Played(List.of(), "node is not in PATH, so the stream was not played to SDKs");
    }
    if (!reading.isWhole()) {
      return new Played(List.of(), "the stream is too long to be played to SDKs");
    }
    return played(node.get(), folder.get(), reading, dialect);
  }

  private static Played played(Path node, Path folder, Reading reading, String dialect)
      throws InterruptedException {
    if (!Files.isDirectory(folder.resolve("node_modules"))) {
      return new Played(List.of(), folder + " has no node_modules");
    }
    try {
      var pieces = reading.pieces().stream().map(Reading.Piece::bytes).toList();
      var heard = new SdkReplay(node, folder).play(dialect, reading.bytes(), pieces);
      return new Played(
          heard, heard.isEmpty() ? folder + " holds no SDK for " + dialect + " streams" : "");
    } catch (IOException e) {
      return new Played(List.of(), String.valueOf(e.getMessage()));
    }
  }

  private static Verdict verdict(Bench bench, List<Hazard> hazards, Played played) {
    var faults = new ArrayList<String>();
    hazards.stream().limit(SHOWN_HAZARDS).map(Hazard::toString).forEach(faults::add);
    for (var heard : played.heard()) {
      fault(heard, bench.baseline().answer()).ifPresent(faults::add);
    }
    int runs = 1 + played.heard().size();
    if (!faults.isEmpty()) {
      int failed = faults.size() - Math.min(SHOWN_HAZARDS, hazards.size());
      return Verdict.fail(runs, failed + (hazards.isEmpty() ? 0 : 1), String.join("; ", faults));
    }
    var detail =
        played.heard().isEmpty()
            ? played.instead()
            : "played to "
                + played.heard().stream().map(Heard::toString).collect(Collectors.joining(", "))
                + ": each read the same text";
    return Verdict.pass(runs, "nothing is sent that an SDK is known to stumble over; " + detail);
  }

  private static Optional<String> fault(Heard heard, String answer) {
    if (!heard.error().isEmpty()) {
      return Optional.of(heard + " throws '" + heard.error() + "'");
    }
    return heard.text().equals(answer)
        ? Optional.empty()
        : Optional.of(
            "%s reads %d characters instead of %d"
                .formatted(heard, heard.text().length(), answer.length()));
  }
}
