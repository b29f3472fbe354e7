package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Arrival;
import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.MissingValueException;
import dev.lastword.dialect.Sign;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** LW015: a stream is read by its owner, not by another user, nor by nobody in particular. */
final class Strangers extends NamedScenario {
  /** Shorter texts stand somewhere by chance. */
  private static final int SURE_CHARACTERS = 12;

  private static final List<String> CREDENTIALS = List.of("authorization", "cookie", "x-api-key");

  Strangers() {
    super(
        "LW015",
        Severity.HIGH,
        "nobody reads another's stream",
        "Compare the owner at every way to a stream, and answer a stranger as if there were none:"
            + " 404.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    var resuming = new Resuming(bench);
    var missing = resuming.missing();
    if (missing.isPresent()) {
      return Verdict.notApplicable(missing.get());
    }
    var others = bench.plan().means().others();
    boolean owned =
        bench.plan().request().headers().stream().anyMatch(each -> isCredential(each.getKey()));
    if (!owned) {
      return Verdict.notApplicable(
          "the request has no credentials, so that its stream belongs to nobody: add them with -H,"
              + " and another user's with --other-header");
    }
    try {
      return judged(bench, resuming, !others.isEmpty());
    } catch (IOException | MissingValueException | IllegalArgumentException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  private static boolean isCredential(String name) {
    return CREDENTIALS.stream().anyMatch(name::equalsIgnoreCase);
  }

  private static Verdict judged(Bench bench, Resuming resuming, boolean withOther)
      throws IOException, InterruptedException {
    var trial = bench.trial();
    trial.read(Conduct.CALM);
    var own = resuming.back(trial, "");
    var owners = Shown.of(bench, own.read(Conduct.CALM));
    boolean lacksText = owners.text().isBlank() && !trial.answer().isBlank();
    if (owners.events().isEmpty() || lacksText) {
      return Verdict.inconclusive(0, "its owner cannot read the stream again either");
    }
    var readers = new ArrayList<String>();
    var others = new ArrayList<String>();
    var nobody = own.request().without(CREDENTIALS);
    tryIt("without credentials", owners, shown(bench, trial, nobody), readers, others);
    if (withOther) {
      var stranger = otherwise(bench, trial, nobody);
      tryIt("with another user's", owners, shown(bench, trial, stranger), readers, others);
    }
    if (!readers.isEmpty()) {
      return Verdict.fail(
          withOther ? 2 : 1,
          readers.size(),
          "whoever knows its address reads the stream " + String.join(" and ", readers));
    }
    return Verdict.pass(
        withOther ? 2 : 1,
        (withOther
                ? "neither another user nor anybody without credentials reads the stream"
                : "nobody reads the stream without credentials; with another user's it was not"
                    + " tried: add --other-header")
            + (others.isEmpty()
                ? ""
                : "; who asks "
                    + String.join(" and ", others)
                    + " is answered 200 with other events than the owner: 404 tells less"));
  }

  private static void tryIt(
      String how, Shown owners, Shown stranger, List<String> readers, List<String> others) {
    if (stranger.isOf(owners)) {
      readers.add(how);
    } else if (stranger.any()) {
      others.add(how);
    }
  }

  private static Shown shown(Bench bench, Trial trial, Request request)
      throws IOException, InterruptedException {
    return Shown.of(bench, bench.trial(request, trial).read(Conduct.CALM));
  }

  /**
   * What somebody was shown; nothing where the answer is no success.
   *
   * @param any whether there was any event
   * @param events those that bring text; all but ends and heartbeats where none is known to
   * @param text what they say
   */
  private record Shown(boolean any, List<Arrival> events, String text) {
    private static final Shown NOTHING = new Shown(false, List.of(), "");

    static Shown of(Bench bench, Reading reading) {
      if (!reading.head().isSuccess()) {
        return NOTHING;
      }
      var all = reading.arrivals();
      var withText = bench.answers().textEvents(all);
      return new Shown(
          !all.isEmpty(),
          withText.isEmpty()
              ? Resuming.told(all).stream().filter(each -> each.sign() == Sign.CONTENT).toList()
              : withText.stream().map(all::get).toList(),
          bench.answers().text(all).strip());
    }

    /** Whether this is another's, or a part of it: an error that is told in events is not. */
    boolean isOf(Shown owners) {
      if (text.isBlank() || owners.text().isBlank()) {
        long same =
            owners.events().stream()
                .filter(own -> events.stream().anyMatch(each -> Resuming.same(own, each)))
                .count();
        return same > 0 && 2 * same >= owners.events().size();
      }
      int sure = Math.min(SURE_CHARACTERS, owners.text().length());
      return text.contains(owners.text())
          || (text.length() >= sure && owners.text().contains(text));
    }
  }

  private static Request otherwise(Bench bench, Trial trial, Request nobody) {
    var request = nobody;
    for (var each : bench.plan().means().others()) {
      var header = new Header(each.getKey(), each.getValue().line(trial.values()));
      request = request.without(List.of(header.name())).with(header.name(), header.value());
    }
    return request;
  }
}
