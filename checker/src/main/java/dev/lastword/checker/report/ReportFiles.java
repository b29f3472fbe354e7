package dev.lastword.checker.report;

import dev.lastword.checker.scenario.Scenario.Severity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which files a report is written to.
 *
 * @param source the file at which SARIF shows findings, relative to the repository
 */
public record ReportFiles(
    Optional<Path> html, Optional<Path> junit, Optional<Path> sarif, Optional<String> source) {

  /**
   * Makes sure that each can be written, before any time is spent on a check.
   *
   * @throws IOException if one cannot; its message names it
   */
  public void require() throws IOException {
    for (var file : Stream.of(html, junit, sarif).flatMap(Optional::stream).toList()) {
      var folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      if (Files.isDirectory(file) || (Files.exists(file) && !Files.isWritable(file))) {
        throw new IOException(file + " cannot be written");
      }
      if (folder != null && !Files.isWritable(folder)) {
        throw new IOException(folder + " cannot be written to");
      }
    }
  }

  /**
   * Writes all of them.
   *
   * @param least the least severity that counts as a failure in JUnit's form
   */
  public void write(Report report, Severity least) throws IOException {
    if (html.isPresent()) {
      Files.writeString(html.get(), HtmlReport.of(report));
    }
    if (junit.isPresent()) {
      Files.writeString(junit.get(), JunitReport.of(report, least));
    }
    if (sarif.isPresent()) {
      Files.writeString(sarif.get(), SarifReport.of(report, source));
    }
  }
}
