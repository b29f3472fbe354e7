package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports in files, several at once, beside the one on standard output. */
final class ReportFilesTest {
  @TempDir Path folder;

  @Test
  void givenAllAreAskedFor_whenChecked_thenAllAreWrittenAndTheExitCodeStays() throws Exception {
    var html = folder.resolve("new/report.html");
    var junit = folder.resolve("junit.xml");
    var sarif = folder.resolve("check.sarif");
    try (var endpoint = new Endpoint(Scripts.savesAfter(60))) {
      var checked =
          Checked.endpoint(
              endpoint,
              "--only",
              "LW001,LW003",
              "--report",
              html.toString(),
              "--junit",
              junit.toString(),
              "--sarif",
              sarif.toString(),
              "--source",
              "src/chat.py");

      assertThat(checked.exitCode()).as(checked.out()).isEqualTo(1);
      assertThat(checked.verdict("LW003")).isEqualTo("fail");
      assertThat(html).content().contains("<h1>This endpoint", "LW003: saved when the terminal");
      assertThat(junit).content().contains("tests=\"2\" failures=\"1\"");
      assertThat(sarif).content().contains("\"ruleId\" : \"LW003\"", "src/chat.py");
    }
  }

  @Test
  void givenNobodyListens_whenChecked_thenTheFilesSaySo() throws Exception {
    var html = folder.resolve("report.html");
    var junit = folder.resolve("junit.xml");
    try (var taken = new Socket()) { // a port that is bound, so that nobody can come to listen
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      var url = "http://127.0.0.1:" + taken.getLocalPort() + "/chat";

      var checked =
          Checked.run("check", url, "--report", html.toString(), "--junit", junit.toString());

      assertThat(checked.exitCode()).isEqualTo(2);
    }
    assertThat(html).content().contains("could not be checked", "nobody listens");
    assertThat(junit).content().contains("errors=\"1\"", "nobody listens");
  }

  @Test
  void givenAFileThatCannotBeWritten_whenChecked_thenItIsToldBeforeAnythingIsAsked()
      throws Exception {
    try (var endpoint =
        new Endpoint(
            exchange -> {
              throw new AssertionError("nothing should be asked");
            })) {
      var file = Files.createDirectory(folder.resolve("taken"));

      var checked = Checked.endpoint(endpoint, "--report", file.toString());

      assertThat(checked.exitCode()).isEqualTo(2);
      assertThat(checked.err()).contains("cannot be written");
      assertThat(checked.out()).isEmpty();
    }
  }

  @Test
  void givenAFullDisk_whenReported_thenWhatWasFoundIsToldAllTheSame() throws Exception {
    var full = Path.of("/dev/full");
    assumeTrue(Files.isWritable(full) && Files.isWritable(full.getParent()), "/dev/full is needed");
    try (var endpoint = new Endpoint(Scripts.SAVES_BEFORE)) {
      var checked = Checked.endpoint(endpoint, "--only", "LW001", "--report", full.toString());

      assertThat(checked.verdict("LW001")).isEqualTo("pass");
      assertThat(checked.exitCode()).isEqualTo(2);
      assertThat(checked.err()).startsWith("lastword: the report cannot be written: ");
    }
  }
}
