package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the build says of the artifacts that others depend on; of the jars tells
 * launcher/release.sh.
 */
final class PublishedTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern MODULE = Pattern.compile("<module>(.+)</module>");
  private static final Pattern IN_BOM =
      Pattern.compile("<artifactId>lastword-(.+)</artifactId>\\s*<version>\\$\\{project.version}");
  private static final Pattern VERSION = Pattern.compile("<version>([^<]+)</version>");

  private static String pom(String room) throws IOException {
    return Files.readString(ROOT.resolve(room).resolve("pom.xml"));
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(match -> match.group(1)).toList();
  }

  static List<String> published() throws IOException {
    return found(IN_BOM, pom("bom"));
  }

  @Test
  void eachRoomIsInTheBillOfMaterialsOrIsNotPublished() throws IOException {
    var published = published();
    assertThat(published).contains("library", "spring-boot-starter").doesNotHaveDuplicates();
    for (var room : found(MODULE, pom("."))) {
      if (room.equals("bom")) {
        continue;
      }
      assertThat(pom(room).contains("<maven.deploy.skip>true</maven.deploy.skip>"))
          .as("%s is not published", room)
          .isNotEqualTo(published.contains(room));
    }
  }

  @Test
  void theBillOfMaterialsHasTheVersionOfAll() throws IOException {
    assertThat(found(VERSION, pom("bom")).getFirst())
        .isEqualTo(found(VERSION, pom(".")).getFirst());
  }

  /** Whoever has a module path may name it, and the name is the package's. */
  @ParameterizedTest
  @MethodSource("published")
  void aPublishedRoomHasAModulesNameAndSaysWhatItIs(String room) throws IOException {
    var pom = pom(room);
    var folder = ROOT.resolve(room).resolve("src/main/java");
    var info = folder.resolve("module-info.java");
    var names =
        Files.exists(info)
            ? found(Pattern.compile("module ([a-z0-9.]+) \\{"), Files.readString(info))
            : found(Pattern.compile("<Automatic-Module-Name>(.+)</Automatic"), pom);
    assertThat(names).as("the module's name of %s", room).hasSize(1);
    assertThat(folder.resolve(names.getFirst().replace('.', '/'))).isDirectory();
    assertThat(pom).contains("<name>Lastword ", "<description>");
  }

  /** No artifact that is published needs one that is not. */
  @ParameterizedTest
  @MethodSource("published")
  void aPublishedRoomNeedsPublishedRoomsOnly(String room) throws IOException {
    var needed =
        Pattern.compile("<dependency>(.*?)</dependency>", Pattern.DOTALL)
            .matcher(pom(room))
            .results()
            .map(match -> match.group(1))
            .filter(text -> !text.contains("<scope>test</scope>"))
            .flatMap(text -> found(Pattern.compile("<artifactId>lastword-(.+)</"), text).stream())
            .toList();
    assertThat(published()).containsAll(needed);
  }
}
