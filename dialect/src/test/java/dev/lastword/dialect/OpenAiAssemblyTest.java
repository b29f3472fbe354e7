package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.AssembledResponse.Choice;
import dev.lastword.dialect.AssembledResponse.ToolCall;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OpenAiAssemblyTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai-text",
        "openai-tools",
        "openai-two-choices",
        "openai-refusal",
        "openai-length",
        "openai-function-call",
        "openai-logprobs",
        "openai-audio",
        "openai-truncated",
        "azure-content-filter",
        "mistral-text-in-finish",
        "empty-finish-reason",
        "deepseek-reasoning",
        "gemini-tools-without-index",
        "tools-all-index-zero",
        "error-mid-stream",
      })
  void givenARealStream_whenAssembled_thenTheFinalObjectIsWhatNoStreamWouldHaveAnswered(
      String fixture) {
    var assembled = Fixture.assemble(OpenAiDialect.CHAT, Fixture.events(fixture));

    assertThat(assembled.json()).isEqualTo(Fixture.text(fixture + ".json").strip());
  }

  @Test
  void givenLegacyCompletions_whenAssembled_thenTheTextIsJoined() {
    var assembled = Fixture.assemble(OpenAiDialect.COMPLETIONS, Fixture.events("completions"));

    assertThat(assembled.text()).isEqualTo("This is a test");
    assertThat(assembled.json()).isEqualTo(Fixture.text("completions.json").strip());
  }

  @Test
  void givenTextAndUsage_whenAssembled_thenBothAreThere() {
    var assembled = Fixture.assemble(OpenAiDialect.CHAT, Fixture.events("openai-text"));

    assertThat(assembled.text()).isEqualTo("Grüß Gott,\n\"Welt\" 😀!");
    assertThat(assembled.usage()).contains("\"completion_tokens\":6");
    assertThat(assembled.choices())
        .containsExactly(new Choice(0, assembled.text(), null, List.of(), "stop"));
  }

  @Test
  void givenParallelToolCalls_whenAssembled_thenTheirArgumentsAreWhole() {
    var assembled = Fixture.assemble(OpenAiDialect.CHAT, Fixture.events("openai-tools"));

    assertThat(assembled.choices())
        .containsExactly(
            new Choice(
                0,
                "",
                null,
                List.of(
                    new ToolCall("call_a1", "get_weather", "{\"city\":\"Köln\"}"),
                    new ToolCall("call_b2", "get_time", "{\"tz\":\"UTC\",\"index\": 7}")),
                "tool_calls"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemini-tools-without-index", "tools-all-index-zero"})
  void givenToolCallsThatAreNotNumbered_whenAssembled_thenEachIdIsACallOfItsOwn(String fixture) {
    var assembled = Fixture.assemble(OpenAiDialect.CHAT, Fixture.events(fixture));

    assertThat(assembled.choices().getFirst().toolCalls())
        .containsExactly(
            new ToolCall("fc-1", "search", "{\"q\":1}"),
            new ToolCall("fc-2", "search", "{\"q\":2}"));
  }

  @Test
  void givenANameInFragmentsOrRepeated_whenAssembled_thenItIsTheName() {
    var assembled =
        assemble(
            toolDelta("{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"look\"}}"),
            toolDelta("{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"up\"}}"),
            toolDelta("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"find\"}}"),
            toolDelta("{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"find\"}}"));

    assertThat(assembled.choices().getFirst().toolCalls())
        .containsExactly(new ToolCall("a", "find", ""), new ToolCall("b", "lookup", ""));
  }

  @Test
  void givenACustomTool_whenAssembled_thenItsInputIsJoined() {
    var assembled =
        assemble(
            toolDelta(
                """
                {"index":0,"id":"c","type":"custom","custom":{"name":"sql","input":"select"}}\
                """),
            toolDelta("{\"index\":0,\"custom\":{\"input\":\" 1\"}}"));

    assertThat(assembled.choices().getFirst().toolCalls())
        .containsExactly(new ToolCall("c", "sql", "select 1"));
    assertThat(assembled.json())
        .contains("\"type\":\"custom\",\"custom\":{\"name\":\"sql\",\"input\":\"select 1\"}");
  }

  @Test
  void givenContentInParts_whenAssembled_thenTheirTextIsJoined() {
    var assembled =
        assemble(
            delta("{\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image\"}]}"),
            delta("{\"content\":[{\"type\":\"text\",\"text\":\"b\"},\"c\"]}"));

    assertThat(assembled.text()).isEqualTo("abc");
  }

  @Test
  void givenASurrogatePairCutInTwo_whenAssembled_thenItIsOneCharacter() {
    var assembled =
        assemble(delta("{\"content\":\"\\ud83d\"}"), delta("{\"content\":\"\\ude00\"}"));

    assertThat(assembled.text()).isEqualTo("😀");
  }

  @Test
  void givenALoneSurrogate_whenAssembled_thenItIsReplaced() {
    var assembled = assemble(delta("{\"content\":\"a\\ud83d\"}"));

    assertThat(assembled.text()).isEqualTo("a\uFFFD");
    assertThat(assembled.json()).contains("\"content\":\"a\uFFFD\"");
  }

  @Test
  void givenAChunkLargerThanAnyBuffer_whenAssembled_thenWhatIsKeptAsWrittenIsNotShifted() {
    var text = "ä😀\\n".repeat(200_000);
    var extra = "{\"a\":[1, {\"b\":\"😀\"}]}";
    var assembled =
        assemble(
            SseEvent.of(
                "{\"x\":%s,\"choices\":[{\"delta\":{\"content\":\"%s\"},\"y\":%s}],\"usage\":%s}"
                    .formatted(extra, text, extra, extra)));

    assertThat(assembled.text()).isEqualTo("ä😀\n".repeat(200_000));
    assertThat(assembled.usage()).isEqualTo(extra);
    assertThat(assembled.json()).contains("\"x\":" + extra, "\"y\":{\"a\":[1, {\"b\":\"😀\"}]}");
  }

  @Test
  void givenNothing_whenAssembled_thenItIsAValidEmptyObject() {
    var assembled = assemble();

    assertThat(assembled.text()).isEmpty();
    assertThat(assembled.json())
        .isEqualTo(
            "{\"id\":\"\",\"object\":\"chat.completion\",\"created\":0,\"model\":\"\",\"choices\":[]}");
  }

  @Test
  void givenGarbageBetweenChunks_whenAssembled_thenItIsSkippedWhole() {
    var assembled =
        assemble(
            delta("{\"content\":\"a\"}"),
            SseEvent.of("{\"choices\":[{\"delta\":{\"content\":\"half"),
            SseEvent.of("{\"choices\":[{\"delta\":{\"content\":\"b\"}}]} x"),
            SseEvent.of("[1,2"),
            SseEvent.of("{\"x\":" + "[".repeat(100_000)),
            SseEvent.of("{\"choices\":[1,null,\"x\",{\"delta\":[1],\"logprobs\":3}],\"usage\":7}"),
            delta("{\"content\":\"c\",\"content\":\"d\",\"tool_calls\":[null,3]}"));

    assertThat(assembled.text()).isEqualTo("ad");
    assertThat(assembled.usage()).isNull();
  }

  @Test
  void givenNumbersThatJsonDoesNotKnow_whenAssembled_thenTheFinalObjectIsJson() {
    var assembled =
        assemble(
            SseEvent.of(
                """
                {"a":NaN,"b":[1,-Infinity],"c":[1.50,{"d":"e"}],
                 "choices":[{"delta":{"content":"x"},"score":Infinity}]}\
                """));

    assertThat(assembled.text()).isEqualTo("x");
    assertThat(assembled.json()).doesNotContain("NaN", "Infinity").contains("[1.50,{\"d\":\"e\"}]");
  }

  @Test
  void givenAMillionChoicesAndMembers_whenAssembled_thenWhatIsKeptIsBounded() {
    var many = new StringBuilder("{\"choices\":[");
    for (int i = 0; i < 100_000; i++) {
      many.append("{\"index\":").append(i).append("},");
    }
    var assembled = assemble(SseEvent.of(many.append("{}]}").toString()));

    assertThat(assembled.choices()).hasSize(ChunkDetector.CHOICES_MAX);
  }

  @Test
  void givenDamagedChunks_whenAssembled_thenNothingIsThrownAndTheFinalObjectIsJson() {
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    var chunks = new ArrayList<SseEvent>();
    for (var name : List.of("openai-tools", "openai-audio", "openai-logprobs", "traps")) {
      chunks.addAll(Fixture.events(name));
    }
    for (int stream = 0; stream < 500; stream++) {
      var assembler = OpenAiDialect.CHAT.assembler();
      for (int i = 0; i < 6; i++) {
        var data = chunks.get(random.nextInt(chunks.size())).dataBytes().clone();
        for (int hits = random.nextInt(3); hits > 0; hits--) {
          data[random.nextInt(data.length)] =
              (byte) "{}[]\",:\\u0tn\u00ff".charAt(random.nextInt(13));
        }
        assembler.accept(new SseEvent(new byte[0], data, new byte[0]));
      }
      var json = assembler.assemble().json();
      assertThat(Piece.read(json)).as("seed %d: %s", seed, json).isPresent();
    }
  }

  @Test
  void givenChunksOfOneShape_whenAssembled_thenItIsAsIfEachWereParsed() {
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    var chunks = new ArrayList<SseEvent>();
    for (var name : List.of("openai-text", "azure-content-filter", "completions", "traps")) {
      chunks.addAll(Fixture.events(name));
    }
    for (int stream = 0; stream < 1_000; stream++) {
      var quick = OpenAiDialect.CHAT.assembler();
      var slow = OpenAiDialect.CHAT.assembler();
      var event = chunks.get(random.nextInt(chunks.size()));
      for (int i = 0; i < 12; i++) {
        event =
            random.nextInt(6) == 0
                ? chunks.get(random.nextInt(chunks.size()))
                : Retexted.of(event, random);
        quick.accept(event);
        slow.accept(event);
        slow.accept(SseEvent.of("{}")); // says nothing, and makes the next chunk a new shape
      }
      assertThat(quick.assemble()).as("seed %d", seed).isEqualTo(slow.assemble());
    }
  }

  @Test
  void givenChunksOnTheWire_whenAssembledAsTheyStand_thenItIsAsIfEachWereDecoded() {
    long seed = Long.getLong("lastword.seed", new Random().nextLong());
    var random = new Random(seed);
    var chunks = new ArrayList<SseEvent>();
    for (var name : List.of("openai-text", "azure-content-filter", "completions", "traps")) {
      chunks.addAll(Fixture.events(name));
    }
    int taken = 0;
    for (int stream = 0; stream < 1_000; stream++) {
      var events = new ArrayList<SseEvent>();
      for (int i = 0; i < 12; i++) {
        var event =
            i == 0 || random.nextInt(6) == 0
                ? chunks.get(random.nextInt(chunks.size()))
                : Retexted.of(events.getLast(), random);
        events.add(random.nextInt(12) == 0 ? disguised(event, random) : event);
      }
      var onTheWire = OpenAiDialect.CHAT.assembler();
      var decoded = OpenAiDialect.CHAT.assembler();
      var run = EncodedEvents.of(events);
      for (int i = 0; i < run.count(); i++) {
        if (onTheWire.acceptWire(run.wire(), run.start(i), run.end(i))) {
          taken++;
        } else {
          onTheWire.accept(events.get(i));
        }
      }
      events.forEach(decoded::accept);
      assertThat(onTheWire.assemble()).as("seed %d", seed).isEqualTo(decoded.assemble());
    }
    assertThat(taken).as("chunks taken as they stood").isGreaterThan(100);
  }

  /** The same data with a type, or cut in two lines where that changes what it says. */
  private static SseEvent disguised(SseEvent event, Random random) {
    int at = random.nextInt(event.data().length() + 1);
    return switch (random.nextInt(3)) {
      case 0 -> SseEvent.of("error", event.data());
      case 1 -> SseEvent.of("message", event.data());
      default -> SseEvent.of(event.data().substring(0, at) + "\n" + event.data().substring(at));
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"content\":\"%s\",\"cont\\u0065nt\":\"x\"}",
        "{\"content\":\"%s\",\"content\":\"x\"}",
        "{\"content\":\"%s\",\"content\" : \"x\"}",
      })
  void givenANameThatStandsTwice_whenOnlyTheFirstChanges_thenTheLastStillCounts(String chunk) {
    assertThat(assemble(delta(chunk.formatted("a")), delta(chunk.formatted("b"))).text())
        .isEqualTo("xx");
  }

  @Test
  void givenPartsSoFar_whenAssembledTwice_thenMoreMayFollow() {
    var assembler = OpenAiDialect.CHAT.assembler();
    assembler.accept(delta("{\"content\":\"a\"}"));
    var first = assembler.assemble();
    assembler.accept(delta("{\"content\":\"b\"}"));

    assertThat(first.text()).isEqualTo("a");
    assertThat(assembler.assemble().text()).isEqualTo("ab");
  }

  @Test
  void givenAnError_whenSaid_thenItHasTheShapeThatSdksRaiseAndIsAnErrorToOurselves() {
    var error = OpenAiDialect.CHAT.error("upstream_truncated", "Cut \"off\"\nat\u2028once.");

    assertThat(error.data())
        .isEqualTo(
            "{\"error\":{\"message\":\"Cut \\\"off\\\"\\n"
                + "at\u2028once.\",\"type\":\"lastword_error\","
                + "\"code\":\"upstream_truncated\",\"param\":null}}");
    assertThat(error.type()).isEqualTo("message");
    assertThat(OpenAiDialect.CHAT.detector(RequestFacts.NONE).observe(error)).isEqualTo(Sign.ERROR);
  }

  private static AssembledResponse assemble(SseEvent... events) {
    return Fixture.assemble(OpenAiDialect.CHAT, List.of(events));
  }

  private static SseEvent delta(String delta) {
    return SseEvent.of("{\"choices\":[{\"index\":0,\"delta\":%s}]}".formatted(delta));
  }

  private static SseEvent toolDelta(String call) {
    return delta("{\"tool_calls\":[%s]}".formatted(call));
  }
}
