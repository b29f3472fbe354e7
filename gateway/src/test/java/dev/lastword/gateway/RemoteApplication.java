package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.library.Lastword;
import dev.lastword.stream.Owner;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** An application in a process of its own, which can be killed: it never comes to its end. */
record RemoteApplication(Process process, Path out) {
  private static final Pattern SAVING = Pattern.compile("saving (\\S+)");

  /**
   * Starts one that writes an answer of Ann's.
   *
   * @param name of the application; {@code writes} for one that does not come to the save
   */
  static RemoteApplication start(Path folder, String gateway, String name) throws IOException {
    var out = folder.resolve("application.out");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                RemoteApplication.class.getName(),
                gateway,
                name)
            .redirectOutput(out.toFile())
            .redirectError(folder.resolve("application.err").toFile())
            .start();
    return new RemoteApplication(process, out);
  }

  /** The id of its answer, once it is as far as it comes. */
  String awaitSaving() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              assertThat(process.isAlive()).isTrue();
              var said = SAVING.matcher(Files.readString(out));
              return said.find() ? said.group(1) : "";
            },
            id -> !id.isEmpty());
  }

  /** As {@code kill -9} does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** The application. */
  @SuppressWarnings("SystemOut") // this is how it tells
  public static void main(String[] args) throws Exception {
    try (var lastword =
        Lastword.at(URI.create(args[0])).credentials(Owner::value).application(args[1]).open()) {
      var answer = lastword.open("c", Owner.of("ann"));
      answer.send("half a sentence");
      if (args[1].equals("writes")) {
        while (lastword.find(answer.id(), Owner.of("ann")).orElseThrow().events() == 0) {
          Thread.sleep(10);
        }
        System.out.println("saving " + answer.id());
        Thread.sleep(Long.MAX_VALUE);
      }
      answer.send(", whole");
      answer.seal(
          saved -> {
            System.out.println("saving " + saved.stream());
            Thread.sleep(Long.MAX_VALUE);
          });
    }
  }
}
