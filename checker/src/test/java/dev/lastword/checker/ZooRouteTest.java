package dev.lastword.checker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the manifest of the zoo says of its routes, as they are and with Lastword beside them. */
final class ZooRouteTest {
  private static final Path MANIFEST = Path.of("zoo", "zoo.yaml");
  private static final Set<String> OF_JAVA = Set.of("java", "webflux", "jersey");
  private static final List<String> PASS = List.of("pass");

  private static List<ZooRoute> all(boolean kept) throws Exception {
    return ZooRoute.all(MANIFEST, kept);
  }

  @Test
  void givenLastwordIsBesideThem_thenEveryRouteOfJavaIsTriedAndNoOther() throws Exception {
    var ofJava = all(false).stream().filter(each -> OF_JAVA.contains(each.server())).toList();
    assertThat(all(true))
        .isNotEmpty()
        .allMatch(ZooRoute::kept)
        .extracting(ZooRoute::name)
        .containsExactlyElementsOf(ofJava.stream().map(ZooRoute::name).toList());
  }

  /** What is said of the dependency alone: no reader that leaves loses anything. */
  @Test
  void givenLastwordIsBesideThem_thenNoRouteMayLoseAnAnswer() throws Exception {
    for (var route : all(true)) {
      assertThat(route.expected().get("LW001")).as(route.label()).isEqualTo(PASS);
      assertThat(route.expected().get("LW004")).as(route.label()).isEqualTo(PASS);
      assertThat(route.expected().get("LW005")).as(route.label()).isEqualTo(PASS);
    }
  }

  @Test
  void givenLastwordIsBesideIt_thenACheckIsToldWhereItsStreamsAreReadAgain() throws Exception {
    var without = route("flux-then-save", false);
    assertThat(without.expected()).containsEntry("LW001", List.of("fail"));
    assertThat(without.label()).isEqualTo("webflux flux-then-save");
    assertThat(without.settings("http://base").all(Flags.RESUME.flag())).isEmpty();

    var with = route("flux-then-save", true);
    assertThat(with.expected()).containsEntry("LW001", PASS);
    assertThat(with.label()).isEqualTo("webflux flux-then-save kept");
    assertThat(with.settings("http://base").all(Flags.RESUME.flag()))
        .containsExactly("http://base/lastword/streams/{{header:lastword-stream}}");
  }

  private static ZooRoute route(String name, boolean kept) throws Exception {
    return all(kept).stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }
}
