package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** LW015: a stream is read by its owner, not by another user, nor by nobody in particular. */
final class Strangers extends NamedScenario {
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
    if (own.read(Conduct.CALM).arrivals().isEmpty()) {
      return Verdict.inconclusive(0, "its owner cannot read the stream again either");
    }
    var readers = new ArrayList<String>();
    var nobody = own.request().without(CREDENTIALS);
    if (reads(bench, trial, nobody)) {
      readers.add("without credentials");
    }
    if (withOther && reads(bench, trial, otherwise(bench, trial, nobody))) {
      readers.add("with another user's");
    }
    if (!readers.isEmpty()) {
      return Verdict.fail(
          withOther ? 2 : 1,
          readers.size(),
          "whoever knows its address reads the stream " + String.join(" and ", readers));
    }
    return Verdict.pass(
        withOther ? 2 : 1,
        withOther
            ? "neither another user nor anybody without credentials reads the stream"
            : "nobody reads the stream without credentials; with another user's it was not tried: add"
                + " --other-header");
  }

  private static boolean reads(Bench bench, Trial trial, Request request)
      throws IOException, InterruptedException {
    Reading reading = bench.trial(request, trial).read(Conduct.CALM);
    return reading.head().isSuccess() && !reading.arrivals().isEmpty();
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
