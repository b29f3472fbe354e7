package dev.lastword.archive.sqlite;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM like this one. */
final class ChildJvm {
  private ChildJvm() {}

  static ProcessBuilder of(Class<?> main, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }
}
