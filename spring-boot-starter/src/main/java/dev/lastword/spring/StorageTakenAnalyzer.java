package dev.lastword.spring;

import dev.lastword.journal.JournalFailedException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to do where an application does not start because of its storage. */
final class StorageTakenAnalyzer extends AbstractFailureAnalyzer<JournalFailedException> {
  @Override
  protected FailureAnalysis analyze(Throwable failure, JournalFailedException cause) {
    return new FailureAnalysis(
        "Lastword could not open what it keeps answers in: " + cause.getMessage(),
        "One process at a time has a directory or a schema, and one application context in it. Stop"
            + " the other, close the other context, or give this one a directory of its own by"
            + " lastword.directory, or its Storage a schema.",
        cause);
  }
}
