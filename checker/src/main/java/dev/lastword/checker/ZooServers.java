package dev.lastword.checker;

import dev.lastword.checker.template.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The zoo's servers, started by its own script and ended with this. */
final class ZooServers implements AutoCloseable {
  private static final String KEPT = "ZOO_KEPT";

  private final Process process;
  private final Map<String, String> addresses;

  private ZooServers(Process process, Map<String, String> addresses) {
    this.process = process;
    this.addresses = addresses;
  }

  /**
   * Starts them, which installs and builds what is missing.
   *
   * @param folder the zoo
   * @param programs which of {@code python}, {@code node} and {@code java}
   * @param kept jars that the applications of {@code java} get on their class path; empty for none
   */
  static ZooServers start(Path folder, Set<String> programs, Optional<Path> kept)
      throws IOException {
    var command = new ArrayList<String>(List.of(folder.resolve("start.sh").toString()));
    command.addAll(programs);
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().remove(KEPT);
    kept.ifPresent(jars -> builder.environment().put(KEPT, jars.toAbsolutePath().toString()));
    var process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy)); // Ctrl-C ends them too
    var line = process.inputReader().readLine(); // it says its addresses, and runs on
    if (line == null) {
      throw new IOException("the zoo did not start");
    }
    return new ZooServers(process, addresses(line));
  }

  private static Map<String, String> addresses(String json) throws IOException {
    var addresses = new LinkedHashMap<String, String>();
    Json.parse(json)
        .orElseThrow(() -> new IOException("the zoo's addresses are no JSON: " + json))
        .properties()
        .forEach(each -> addresses.put(each.getKey(), each.getValue().asString()));
    return addresses;
  }

  /** Addresses of the servers that could be started, by name. */
  Map<String, String> addresses() {
    return addresses;
  }

  /**
   * What was found says something of the zoo only as long as that is there.
   *
   * @throws IOException if it has ended
   */
  void requireRunning() throws IOException {
    if (!process.isAlive()) {
      throw new IOException("its servers have ended");
    }
  }

  @Override
  public void close() throws IOException {
    process.destroy(); // the script ends what it has started
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
