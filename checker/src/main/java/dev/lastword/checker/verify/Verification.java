package dev.lastword.checker.verify;

import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Template;

/** Where to look for what was saved. */
public sealed interface Verification {
  /** What the place has to show. */
  Expectation expectation();

  /** The same place, where only a part of the answer was read, and more may have been saved. */
  Verification ofPart();

  /** The same place, where not even a reader who stays finds the whole. */
  Verification ofWhatIsSaved();

  /** Whether it looks at another place in each run. */
  boolean namesRun();

  /** A page or an interface of the application. */
  record Http(RequestTemplate request, Expectation expectation) implements Verification {
    @Override
    public Verification ofPart() {
      return new Http(request, expectation.ofPart());
    }

    @Override
    public Verification ofWhatIsSaved() {
      return new Http(request, expectation.ofWhatIsSaved());
    }

    @Override
    public boolean namesRun() {
      return request.url().namesRun() || request.body().namesRun() || expectation.text().has("run");
    }
  }

  /** A shell command, whose output is read; one that fails shows nothing. */
  record Command(Template command, Expectation expectation) implements Verification {
    @Override
    public Verification ofPart() {
      return new Command(command, expectation.ofPart());
    }

    @Override
    public Verification ofWhatIsSaved() {
      return new Command(command, expectation.ofWhatIsSaved());
    }

    @Override
    public boolean namesRun() {
      return command.namesRun() || expectation.text().has("run");
    }
  }
}
