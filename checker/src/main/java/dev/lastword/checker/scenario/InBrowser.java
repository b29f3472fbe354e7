package dev.lastword.checker.scenario;

import dev.lastword.checker.browser.Browser;
import dev.lastword.checker.template.MissingValueException;
import java.io.IOException;
import java.nio.file.Path;
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
    try {
      return judge(bench, program.get());
    } catch (IOException hung) { // as browsers do now and then: another one is asked
      try {
        return judge(bench, program.get());
      } catch (IOException e) {
        return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
      }
    }
  }

  private Verdict judge(Bench bench, Path program) throws IOException, InterruptedException {
    bench.progress(code() + " starting " + program.getFileName());
    try (var browser = Browser.start(program);
        var watchers = Executors.newVirtualThreadPerTaskExecutor()) {
      return new BrowserSession(bench, browser, watchers).verdict();
    } catch (MissingValueException e) {
      return Verdict.inconclusive(0, String.valueOf(e.getMessage()));
    }
  }
}
