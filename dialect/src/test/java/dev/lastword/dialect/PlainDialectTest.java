package dev.lastword.dialect;

import static dev.lastword.dialect.Sign.CONTENT;
import static dev.lastword.dialect.Sign.ENDING;
import static dev.lastword.dialect.Sign.ERROR;
import static dev.lastword.dialect.Sign.TAIL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.sse.SseEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PlainDialectTest {
  private static final Dialect PLAIN = new PlainDialect();

  @Test
  void givenNoMarker_whenTheBodyEndsCleanly_thenItIsComplete() {
    var detector = PLAIN.detector(RequestFacts.NONE);

    assertThat(detector.observe(SseEvent.of("Hello"))).isEqualTo(CONTENT);
    assertThat(detector.endOfBodyCompletes()).isTrue();
  }

  @Test
  void givenACommonMarker_whenObserved_thenItIsTheEndingOnceAndMoreMayFollow() {
    assertThat(signs(PLAIN, SseEvent.of("a"), SseEvent.of(" [DONE]"), SseEvent.of("[DONE]")))
        .containsExactly(CONTENT, ENDING, TAIL);
    assertThat(signs(PLAIN, SseEvent.of("close", "bye"), SseEvent.of("more")))
        .containsExactly(ENDING, CONTENT);
  }

  @Test
  void givenAMarker_whenEventsFollow_thenThoseOfTheAnswersTypesGoOnWithIt() {
    var a = SseEvent.of("a");
    var done = SseEvent.of("[DONE]");

    assertThat(signs(PLAIN, a, done, SseEvent.of("title", "A tale"), done, a, done, a))
        .containsExactly(CONTENT, ENDING, TAIL, TAIL, CONTENT, ENDING, CONTENT);
    assertThat(signs(PLAIN, a, done, SseEvent.of(""), SseEvent.of("ping", "1")))
        .containsExactly(CONTENT, ENDING, TAIL, TAIL);
  }

  @Test
  void givenARequiredMarkerThatWasWithdrawn_whenTheBodyEnds_thenItWasThere() {
    var detector =
        new PlainDialect(List.of(new Marker.Type("end")), true).detector(RequestFacts.NONE);
    detector.observe(SseEvent.of("a"));
    detector.observe(SseEvent.of("end", "x"));
    detector.observe(SseEvent.of("b"));

    assertThat(detector.endOfBodyCompletes()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"[DONE].", "I am [DONE]", "done", "{\"a\":\"[DONE]\"}", "", "close"})
  void givenDataThatOnlyResemblesAMarker_whenObserved_thenItIsContent(String data) {
    assertThat(signs(PLAIN, SseEvent.of(data))).containsExactly(CONTENT);
  }

  @Test
  void givenAnErrorEvent_whenObserved_thenItIsAnErrorAndSoIsOurOwn() {
    assertThat(signs(PLAIN, SseEvent.of("error", "boom"))).containsExactly(ERROR);
    assertThat(signs(PLAIN, PLAIN.error("upstream_truncated", "Cut off."))).containsExactly(ERROR);
    assertThat(PLAIN.error("upstream_truncated", "Cut off.").data())
        .isEqualTo("{\"error\":{\"code\":\"upstream_truncated\",\"message\":\"Cut off.\"}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/type|finish|{\"type\":\"finish\"}|true",
        "/type|finish|{\"type\":\"finish\"} x|false",
        "/type|finish|{\"type\":\"Finish\"}|false",
        "/type|finish|{\"t\\u0079pe\":\"fin\\u0069sh\"}|true",
        "/type|finish|{\"type\":\"finish\",\"type\":\"go\"}|false",
        "/type|finish|{\"x\":{\"type\":\"finish\"}}|false",
        "/type|finish|finish|false",
        "/done|true|{\"done\":true}|true",
        "/done|true|{\"done\":\"true\"}|true",
        "/done|true|{\"done\":[true]}|false",
        "/a/1/b|2|{\"a\":[0,{\"b\":2}]}|true",
        "/a/1/b|2|{\"a\":[{\"b\":2}]}|false",
        "/a~1b~0|1|{\"a/b~\":1}|true",
        "/0|x|[\"x\"]|true",
        "/type|finish|{\"type\":|false",
      })
  void givenAPointerMarker_whenObserved_thenItMatchesThatValueOnly(
      String pointer, String value, String data, boolean matches) {
    var dialect = new PlainDialect(List.of(new Marker.Value(pointer, value)), true);

    assertThat(signs(dialect, SseEvent.of(data))).containsExactly(matches ? ENDING : CONTENT);
  }

  @Test
  void givenARequiredMarker_whenTheBodyEndsWithoutIt_thenItWasTruncated() {
    var dialect = new PlainDialect(List.of(new Marker.Type("end"), new Marker.Data("bye")), true);
    var detector = dialect.detector(RequestFacts.NONE);

    assertThat(detector.observe(SseEvent.of("[DONE]"))).isEqualTo(CONTENT);
    assertThat(detector.endOfBodyCompletes()).isFalse();
    assertThat(detector.observe(SseEvent.of("end", "x"))).isEqualTo(ENDING);
    assertThat(signs(dialect, SseEvent.of(" bye "))).containsExactly(ENDING);
  }

  @Test
  void givenWrongRules_whenBuilt_thenTheyAreRefused() {
    assertThatThrownBy(() -> new PlainDialect(List.of(), true))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Marker.Value("type", "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("slash");
  }

  @Test
  void givenTokens_whenAssembled_thenTheyAreJoinedAsTheyAre() {
    var assembled = assemble("Hel", "lo", " world", "\n", "{}", "[DONE]");

    assertThat(assembled.text()).isEqualTo("Hello world\n{}");
    assertThat(assembled.json()).isEqualTo("{\"text\":\"Hello world\\n{}\",\"events\":5}");
    assertThat(assembled.choices()).hasSize(1);
  }

  @Test
  void givenJsonStrings_whenAssembled_thenTheyAreDecodedAndJoined() {
    assertThat(assemble("\"Hel\\n\"", "\"lo\"", "[DONE]").text()).isEqualTo("Hel\nlo");
  }

  @Test
  void givenJsonObjects_whenAssembled_thenEachStandsOnALine() {
    assertThat(assemble("{\"a\":1}", "{\"b\":\n2}", "[3]").text())
        .isEqualTo("{\"a\":1}\n{\"b\": 2}\n[3]");
  }

  @Test
  void givenAMixture_whenAssembled_thenTheDataIsJoinedAsItIs() {
    assertThat(assemble("\"a\"", "{\"b\":1}", "c").text()).isEqualTo("\"a\"{\"b\":1}c");
    assertThat(assemble("{\"b\":1}", "\"a\"", "{").text()).isEqualTo("{\"b\":1}\"a\"{");
  }

  @Test
  void givenMarkersAndErrors_whenAssembled_thenTheyAreNoText() {
    var events = List.of(SseEvent.of("a"), SseEvent.of("close", "b"), SseEvent.of("error", "c"));

    assertThat(Fixture.assemble(PLAIN, events).text()).isEqualTo("a");
    assertThat(assemble().text()).isEmpty();
  }

  @Test
  void givenAnyRequest_whenRead_thenNothingIsKnownOfIt() {
    assertThat(PLAIN.facts("{\"n\":3}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(RequestFacts.NONE);
    assertThat(PLAIN.missingTerminal()).isEmpty();
  }

  private static List<Sign> signs(Dialect dialect, SseEvent... events) {
    return Fixture.signs(dialect, RequestFacts.NONE, List.of(events));
  }

  private static AssembledResponse assemble(String... data) {
    return Fixture.assemble(PLAIN, List.of(data).stream().map(SseEvent::of).toList());
  }
}
