package dev.lastword.checker.scenario;

import dev.lastword.checker.browser.Browser;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.util.concurrent.Executors;

/**
 * LW018: a page in a real browser that is closed at the terminal event, and one that is refreshed
 * half-way; the answers have to be saved.
 */
final class InBrowser extends NamedScenario {
  InBrowser() {
    super(
        "LW018",
        Severity.HIGH,
        "in a real browser: close, refresh, tabs",
        "Save before the terminal event, whoever has left; allow the page's origin with credentials;"
            + " end the body with the terminal event.");
  }

  @Override
  public Verdict judge(Bench bench) throws InterruptedException {
    if (bench.verifier().isEmpty()) {
      return Verdict.notApplicable(LeaveAtTerminal.NEEDS_VERIFY);
    }
    if (bench.baseline().noWhole().isPresent()) {
      return Verdict.inconclusive(0, bench.baseline().noWhole().get());
    }
    var program = Clients.browser();
    if (program.isEmpty()) {
      return Verdict.notApplicable(
          "there is no Chromium or Chrome here: install one, or name it in the environment variable"
              + " CHROME");
    }
    bench.progress(code() + " starting " + program.get().getFileName());
    try (var browser = Browser.start(program.get());
        var watchers = Executors.newVirtualThreadPerTaskExecutor()) {
      return new BrowserSession(bench, browser, watchers).verdict();
    } catch (IOException | MissingValueException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }
}
