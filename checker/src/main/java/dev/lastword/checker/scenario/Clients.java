package dev.lastword.checker.scenario;

import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Real clients that an endpoint is tried with.
 *
 * @param page the page whose script reads the stream; empty for one of the endpoint's own origin
 * @param sdkFolder the folder whose {@code node_modules} holds SDKs
 */
public record Clients(Optional<URI> page, Optional<Path> sdkFolder) {
  private static final List<String> BROWSERS =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome");
  private static final List<Path> USUAL_PLACES =
      List.of(
          Path.of("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
          Path.of("/Applications/Chromium.app/Contents/MacOS/Chromium"));

  /** No more than what is found on this machine. */
  public static final Clients NONE = new Clients(Optional.empty(), Optional.empty());

  /** The browser that {@code CHROME} names, or one in {@code PATH} or its usual place. */
  public static Optional<Path> browser() {
    var named = System.getenv("CHROME");
    if (named != null && !named.isBlank()) {
      return Optional.of(Path.of(named)).filter(Files::isExecutable);
    }
    return Stream.concat(
            BROWSERS.stream().flatMap(name -> program(name).stream()), USUAL_PLACES.stream())
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Node.js, if it is in {@code PATH}. */
  static Optional<Path> node() {
    return program("node");
  }

  private static Optional<Path> program(String name) {
    var path = System.getenv("PATH");
    return path == null
        ? Optional.empty()
        : Stream.of(path.split(File.pathSeparator, -1))
            .filter(folder -> !folder.isEmpty())
            .map(folder -> Path.of(folder, name))
            .filter(file -> Files.isExecutable(file) && !Files.isDirectory(file))
            .findFirst();
  }
}
