package dev.lastword.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.sse.SseEvent;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers whose events are JSON of any shape, and change what others have said. */
final class GrownTreesTest {
  private static final Dialect UI = UiStreamDialect.UI_STREAM;
  private static final Dialect AG_UI = AgUiDialect.RUNS;

  private static AssembledResponse assemble(Dialect dialect, String... events) {
    return Fixture.assemble(dialect, Stream.of(events).map(SseEvent::of).toList());
  }

  private static String nested(int depth) {
    return "[".repeat(depth) + "]".repeat(depth);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 500, 996, 997, 998, 999})
  void whateverIsReadOfAPartIsWritten(int depth) {
    var deep = nested(depth);

    assertThat(assemble(UI, "{\"type\":\"data-x\",\"data\":" + deep + "}").json()).contains(deep);
    assertThat(
            assemble(
                    UI,
                    "{\"type\":\"tool-input-start\",\"toolCallId\":\"c\",\"toolName\":\"t\"}",
                    "{\"type\":\"tool-output-available\",\"toolCallId\":\"c\",\"output\":"
                        + deep
                        + "}")
                .json())
        .contains(deep);
    assertThat(
            assemble(
                    AG_UI,
                    "{\"type\":\"ACTIVITY_SNAPSHOT\",\"messageId\":\"m\",\"content\":" + deep + "}")
                .json())
        .contains(deep);
    assertThat(
            assemble(
                    AG_UI,
                    "{\"type\":\"TOOL_CALL_RESULT\",\"messageId\":\"m\",\"content\":" + deep + "}")
                .json())
        .contains(deep);
    assertThat(
            assemble(
                    OpenAiEventsDialect.IMAGES,
                    "{\"type\":\"image_generation.completed\",\"x\":" + deep + "}")
                .json())
        .contains(deep);
  }

  /** Of which each would be three objects of the heap. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'data-x','data':DATA}",
        "{'type':'tool-output-available','toolCallId':'c','output':DATA}",
        "{'type':'file','providerMetadata':DATA}"
      })
  void manySmallValuesOfAPartTakeNotMuchMoreThanTheirText(String event) {
    var data = "[" + "0,".repeat(1 << 20) + "0]";
    var said = SseEvent.of(event.replace('\'', '"').replace("DATA", data));
    var start = SseEvent.of("{\"type\":\"tool-input-start\",\"toolCallId\":\"c\"}");
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    long before = threads.getCurrentThreadAllocatedBytes();
    var assembler = UI.assembler();
    assembler.accept(start);
    assembler.accept(said);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(allocated / data.length()).as("bytes for each of the event's").isLessThan(8);
    assertThat(assembler.assemble().json()).contains(data);
  }

  @Test
  void whatStandsBesideNotANumberStays() {
    assertThat(assemble(UI, "{\"type\":\"data-x\",\"data\":{\"a\":NaN,\"b\":[1]}}").json())
        .contains("\"data\":{\"a\":null,\"b\":[1]}");
  }

  @Test
  void aCallOfASnapshotThatHasNoFunctionIsNamedByItsStart() {
    var assembled =
        assemble(
            AG_UI,
            """
            {"type":"MESSAGES_SNAPSHOT","messages":[\
            {"id":"m","role":"assistant","toolCalls":[{"id":"c"}]}]}""",
            "{\"type\":\"TOOL_CALL_START\",\"toolCallId\":\"c\",\"toolCallName\":\"look\"}",
            "{\"type\":\"TOOL_CALL_ARGS\",\"toolCallId\":\"c\",\"delta\":\"{}\"}");

    assertThat(assembled.choices().getFirst().toolCalls())
        .containsExactly(new AssembledResponse.ToolCall("c", "look", "{}"));
  }

  @Test
  void aPatchThatDoublesAStateAgainAndAgainCannotBeDone() {
    var copies =
        IntStream.range(0, 64)
            .mapToObj("{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a%d\"}"::formatted)
            .collect(Collectors.joining(","));

    assertThat(
            assemble(
                    AG_UI,
                    "{\"type\":\"STATE_SNAPSHOT\",\"snapshot\":{\"n\":1}}",
                    "{\"type\":\"STATE_DELTA\",\"delta\":[" + copies + "]}",
                    "{\"type\":\"STATE_DELTA\",\"delta\":[{\"op\":\"copy\",\"from\":\"/n\",\"path\":\"/m\"}]}")
                .json())
        .contains("\"state\":{\"n\":1,\"m\":1}");
  }

  @Test
  void manyPatchesThatDoubleAStateEndAtABound() {
    var events = new ArrayList<String>();
    events.add("{\"type\":\"STATE_SNAPSHOT\",\"snapshot\":{\"n\":1}}");
    for (int i = 0; i < 64; i++) {
      events.add(
          "{\"type\":\"STATE_DELTA\",\"delta\":[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a%d\"}]}"
              .formatted(i));
    }

    assertThat(assemble(AG_UI, events.toArray(String[]::new)).json())
        .hasSizeBetween(1_000, 1 << 20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{'op':'add','path':'/x','value':1},{'op':'add','path':'/deepINSIDE','value':DEEP}]",
        "[{'op':'add','path':'/x','value':1},{'op':'replace','path':'/deepINSIDE','value':DEEP}]",
        "[{'op':'add','path':'/x','value':{'y':{}}},{'op':'move','from':'/deep','path':'/x/y/z'}]",
        "[{'op':'add','path':'/x','value':{'y':{}}},{'op':'copy','from':'/deep','path':'/x/y/z'}]"
      })
  void aPatchThatNestsAStateDeeperThanIsReadIsUndoneWhole(String patch) {
    var deep = nested(998);
    var state = "{\"type\":\"STATE_SNAPSHOT\",\"snapshot\":{\"deep\":" + deep + "}}";
    var delta =
        patch.replace('\'', '"').replace("INSIDE", "/0".repeat(20)).replace("DEEP", nested(990));

    assertThat(
            assemble(
                    AG_UI,
                    state,
                    "{\"type\":\"STATE_DELTA\",\"delta\":" + delta + "}",
                    "{\"type\":\"STATE_DELTA\",\"delta\":[{\"op\":\"move\",\"from\":\"/deep\",\"path\":\"/d\"}]}")
                .json())
        .contains("\"state\":{\"d\":" + deep + "}");
  }
}
