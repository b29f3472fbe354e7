package dev.lastword.checker.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** LW021: text that holds line ends and field names cannot become fields or events of its own. */
final class Injection extends NamedScenario {
  private static final List<String> LINE_ENDS = List.of("\n", "\r", "\r\n");

  Injection() {
    super(
        "LW021",
        Severity.HIGH,
        "text cannot forge events",
        "Split text at CR, LF and CRLF, and write each line with its own 'data: '; never put text"
            + " into event or id.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    if (!bench.plan().request().body().has("run") && !bench.plan().request().url().has("run")) {
      return Verdict.notApplicable(
          "put {{run}} into the request, so that text of ours gets into it");
    }
    var calm = bench.baseline();
    boolean repeats = calm.answer().contains(calm.values().get("run"));
    var faults = new ArrayList<String>();
    int judged = 0;
    try {
      for (var lineEnd : LINE_ENDS) {
        var nonce = "lw" + Long.toString(System.nanoTime(), 36);
        var reading = bench.trial(payload(nonce, lineEnd)).read(Conduct.CALM);
        if (repeats || new String(reading.bytes(), UTF_8).contains(nonce + "e")) {
          judged++;
          faults.addAll(forged(reading, nonce, lineEnd));
        }
      }
    } catch (IOException | MissingValueException e) {
      return Verdict.inconclusive(judged, String.valueOf(e.getMessage()));
    }
    if (judged == 0) {
      return Verdict.notApplicable(
          "the answer does not repeat {{run}}; ask for it, such as 'repeat after me: {{run}}'");
    }
    return faults.isEmpty()
        ? Verdict.pass(judged, "line ends in text stay text")
        : Verdict.fail(judged, faults.size(), faults.getFirst());
  }

  /**
   * Fields without the space that may follow the colon: of text that is sent word by word the value
   * would be an event of its own, forged by nobody.
   */
  private static String payload(String nonce, String lineEnd) {
    return String.join(
        lineEnd,
        nonce + "s",
        "id:" + nonce + "i",
        "event:" + nonce + "e",
        "data:" + nonce + "d",
        "",
        "");
  }

  private static List<String> forged(Reading reading, String nonce, String lineEnd) {
    var how =
        switch (lineEnd) {
          case "\n" -> "LF";
          case "\r" -> "CR";
          default -> "CRLF";
        };
    return reading.arrivals().stream()
        .filter(
            each ->
                each.event().type().equals(nonce + "e")
                    || each.event().id().equals(nonce + "i")
                    || each.event().data().equals(nonce + "d"))
        .map(each -> "an event was forged by text with " + how)
        .limit(1)
        .toList();
  }
}
