package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestFactTest {
  private static Map<String, String> told(String facts, String body, String... fields) {
    var headers = new DefaultHttpHeaders();
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    List<RequestFact> parsed =
        Arrays.stream(facts.split(";")).map(it -> RequestFact.parse(it).orElseThrow()).toList();
    return RequestFact.of(parsed, headers, body.getBytes(UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/a | {\"a\":\"x\"} | x",
        "/a/b/1 | {\"a\":{\"b\":[7,8.50,9]}} | 8.50",
        "/1/a | [{\"a\":1},{\"a\":true}] | true",
        "/a~1b/c~0d | {\"a/b\":{\"c~d\":\"é\\u00e9\"}} | éé",
        "/x/0/1 | {\"x\":[[0,5],[1]],\"y\":2} | 5",
        "/a | {\"b\":{\"a\":1},\"c\":[\"a\"],\"a\":2} | 2",
        "/ | {\"\":\"empty\"} | empty",
      })
  void givenAPlaceInTheBody_thenWhatStandsThereIsTold(String pointer, String body, String value) {
    assertThat(told("f=" + pointer, body)).containsExactly(Map.entry("f", value));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{\"a\":null}",
        "{\"b\":1}",
        "{\"a\":{\"x\":1}}",
        "{\"a\":[1]}",
        "[1]",
        "no JSON",
        "{\"b\":[1,2,",
        "\"a\""
      })
  void givenNoValueThere_thenNothingIsTold(String body) {
    assertThat(told("f=/a", body)).isEmpty();
  }

  @Test
  void givenABodyThatWasCutOff_thenWhatStoodBeforeIsTold() {
    assertThat(told("f=/a;g=/c", "{\"a\":\"x\",\"b\":[1,{\"c\":2}],\"c\":\"whole?"))
        .containsExactly(Map.entry("f", "x"));
  }

  @Test
  void givenAFieldAndTwoNamesOfOnePlace_thenAllAreTold() {
    assertThat(told("t=header:X-Tenant;n=header:X-None;f=/a;g=/a", "{\"a\":1}", "x-tenant", "acme"))
        .containsOnly(Map.entry("t", "acme"), Map.entry("f", "1"), Map.entry("g", "1"));
  }

  @Test
  void givenAValueThatIsTooLong_thenItIsLeftOut_andNotCut() {
    var fits = "x".repeat(RequestFact.LENGTH_MAX);
    assertThat(told("f=/a;g=/b", "{\"a\":\"%s\",\"b\":\"%sx\"}".formatted(fits, fits)))
        .containsExactly(Map.entry("f", fits));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "f",
        "f=",
        "=/a",
        "F=/a",
        "1f=/a",
        "f=a",
        "f=header:",
        "f=header:a b",
        "f=header:Authorization",
        "f=header:COOKIE",
        "f=header:x-api-key",
        "f=header:x-goog-api-key"
      })
  void givenAnotherForm_orAFieldOfCredentials_thenItIsNone(String text) {
    assertThat(RequestFact.parse(text)).isEmpty();
  }
}
