package dev.lastword.checker.scenario;

import dev.lastword.checker.probe.Conduct;
import dev.lastword.checker.probe.Credentials;
import dev.lastword.checker.probe.Header;
import dev.lastword.checker.probe.Reading;
import dev.lastword.checker.probe.Request;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** LW015: a stream is read by its owner, not by another user, nor by nobody in particular. */
final class Strangers extends NamedScenario {
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
    try {
      return judged(bench, resuming, !others.isEmpty());
    } catch (IOException | MissingValueException | IllegalArgumentException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }

  /** By which headers it is known who asks: cookies of steps, and what another user has too. */
  private static List<String> credentials(Bench bench, Request request) {
    var others = bench.plan().means().others().stream().map(Map.Entry::getKey).toList();
    return request.headers().stream()
        .map(Header::name)
        .filter(
            each -> Credentials.isHeader(each) || others.stream().anyMatch(each::equalsIgnoreCase))
        .distinct()
        .toList();
  }

  private static Verdict judged(Bench bench, Resuming resuming, boolean withOther)
      throws IOException, InterruptedException {
    var trial = bench.trial().prepare();
    var credentials = credentials(bench, trial.request());
    if (credentials.isEmpty()) {
      return Verdict.notApplicable(
          "the request has no credentials, so that its stream belongs to nobody: add them with -H,"
              + " and another user's with --other-header");
    }
    trial.read(Conduct.CALM);
    var own = resuming.back(trial, "");
    if (own.read(Conduct.CALM).arrivals().isEmpty()) {
      return Verdict.inconclusive(0, "its owner cannot read the stream again either");
    }
    var readers = new ArrayList<String>();
    var nobody = own.request().without(credentials);
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
