package dev.lastword.checker.verify;

import dev.lastword.checker.template.MissingValueException;
import dev.lastword.checker.template.RequestTemplate;
import dev.lastword.checker.template.Template;
import dev.lastword.checker.template.Values;

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

  /**
   * What one run asks for, but for its answer: two that ask the same are shown the same.
   *
   * @throws MissingValueException if a place has no value
   */
  String asked(Values values);

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

    @Override
    public String asked(Values values) {
      return String.join(
          "\n",
          request.url().plain(values),
          request.body().plain(values),
          expectation.asked(values));
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

    @Override
    public String asked(Values values) {
      return command.plain(values) + "\n" + expectation.asked(values);
    }
  }
}
