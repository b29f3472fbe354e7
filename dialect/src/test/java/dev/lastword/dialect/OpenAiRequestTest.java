package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class OpenAiRequestTest {
  private static final String BODY =
      """
      {"model":"gpt-5-mini","stream":true,"messages":[
        {"role":"system","content":"Be kind."},
        {"role":"user","content":"First"},
        {"role":"assistant","content":null,"tool_calls":[{"id":"c","function":{"n":5}}]},
        {"content":[{"type":"text","text":"Zwei"},
                    {"type":"image_url","image_url":{"url":"data:,"}},
                    {"text":"Drei","type":"text"}],"role":"user"},
        {"role":"tool","content":"{}","tool_call_id":"c"}],
       "n":3,"tools":[{"model":"no","n":9}]}""";

  @Test
  void givenAChatRequest_whenRead_thenItsFactsAreThere() {
    assertThat(facts(BODY)).isEqualTo(new RequestFacts(3, "Zwei\nDrei", "gpt-5-mini"));
  }

  @Test
  void givenACompletionsRequest_whenRead_thenThePromptIsTheInput() {
    var body = "{\"prompt\":\"Say this\",\"n\":2}".getBytes(StandardCharsets.UTF_8);

    assertThat(OpenAiDialect.COMPLETIONS.facts(body))
        .isEqualTo(new RequestFacts(2, "Say this", null));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"one\"|2",
        "[\"one\",\"two\",\"three\"]|6",
        "[[1,2],[3]]|4",
        "[1,2,3]|2",
        "[]|2",
        "null|2",
      })
  void givenSeveralPrompts_whenRead_thenEachGetsItsChoices(String prompt, int choices) {
    assertThat(facts("{\"prompt\":" + prompt + ",\"n\":2}").choices()).isEqualTo(choices);
  }

  @ParameterizedTest
  @CsvSource({
    "0,1",
    "-1,1",
    "1,1",
    "128,128",
    "5000,1024",
    "99999999999,1",
    "null,1",
    "'\"2\"',1",
    "2.0,1"
  })
  void givenAnyNumberOfChoices_whenRead_thenItIsWithinBounds(String n, int choices) {
    assertThat(facts("{\"n\":" + n + "}").choices()).isEqualTo(choices);
  }

  @Test
  void givenABodyCutOffAnywhere_whenRead_thenNothingIsThrownAndNoWrongInputIsTold() {
    var bytes = BODY.getBytes(StandardCharsets.UTF_8);
    for (int length = 0; length < bytes.length; length++) {
      var facts = OpenAiDialect.CHAT.facts(Arrays.copyOf(bytes, length));

      assertThat(facts.input()).as("cut at %d", length).isIn(null, "Zwei\nDrei");
      assertThat(facts.model()).as("cut at %d", length).isIn(null, "gpt-5-mini");
      assertThat(facts.choices()).as("cut at %d", length).isIn(1, 3);
    }
  }

  @Test
  void givenRandomBytes_whenRead_thenNothingIsThrown() {
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      var bytes = BODY.getBytes(StandardCharsets.UTF_8);
      for (int hits = random.nextInt(5); hits >= 0; hits--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      assertThat(OpenAiDialect.CHAT.facts(bytes).choices()).as("seed %d", seed).isPositive();
    }
  }

  @Test
  void givenALastMessageWithoutText_whenRead_thenAnEarlierOneDoesNotStandInForIt() {
    var facts =
        facts(
            """
            {"messages":[{"role":"user","content":"old"},
                         {"role":"user","content":[{"type":"image_url"}]}]}""");

    assertThat(facts.input()).isNull();
  }

  private static RequestFacts facts(String body) {
    return OpenAiDialect.CHAT.facts(body.getBytes(StandardCharsets.UTF_8));
  }
}
