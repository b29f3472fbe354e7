package dev.lastword.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.ChatMemory;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.PartialThinking;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.TokenStream;
import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Lastword;
import dev.lastword.library.NotOpenedException;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A streaming model, an AI service with a memory, and what is left of an answer. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class LastwordStreamingChatModelTest {
  private static final Owner ANN = Owner.of("ann");
  private static final Owner BOB = Owner.of("bob");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path dir;
  private final ChatMemory memory = MessageWindowChatMemory.withMaxMessages(20);
  private final StreamId id = StreamId.random();
  private final Heard heard = new Heard();
  private Lastword lastword;

  interface Assistant {
    TokenStream answer(String message);
  }

  /** What a handler was told. */
  private static class Heard implements StreamingChatResponseHandler {
    final List<String> parts = new CopyOnWriteArrayList<>();
    final List<ChatResponse> complete = new CopyOnWriteArrayList<>();
    final List<Throwable> errors = new CopyOnWriteArrayList<>();

    @Override
    public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
      parts.add(part.text());
    }

    @Override
    public void onCompleteResponse(ChatResponse response) {
      complete.add(response);
    }

    @Override
    public void onError(Throwable error) {
      errors.add(error);
    }

    String text() {
      return String.join("", parts);
    }
  }

  @BeforeEach
  void open() {
    lastword = Lastword.at(dir).heartbeat(Duration.ofMinutes(5)).open();
  }

  @AfterEach
  void close() {
    lastword.close();
  }

  private static ScriptedModel hello() {
    return ScriptedModel.saying("Hel", "lo, ", "my ", "friend");
  }

  private StreamingChatModel kept(StreamingChatModel model) {
    return LastwordStreamingChatModel.of(
        lastword, model, request -> AnswerRequest.of(ANN).id(id).conversation("chat-1"));
  }

  private TokenStream service(StreamingChatModel model) {
    return AiServices.builder(Assistant.class)
        .streamingChatModel(model)
        .chatMemory(memory)
        .tools(new Clock())
        .build()
        .answer("hi");
  }

  static final class Clock {
    @Tool("the time")
    String time() {
      return "noon";
    }
  }

  // What stands without the module.

  @Test
  void without_whenTheReaderCancels_thenThePartialIsLostAndNobodyIsTold() throws Exception {
    var model = ScriptedModel.saying("Hel", "lo", ScriptedModel.Step.PAUSE, ", more");
    var told = new CopyOnWriteArrayList<String>();
    service(model)
        .onPartialResponseWithContext(
            (part, context) -> {
              told.add(part.text());
              if (told.size() == 2) {
                context.streamingHandle().cancel();
              }
            })
        .onCompleteResponse(response -> told.add("complete"))
        .onError(error -> told.add("error"))
        .start();

    assertThat(model.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    await().during(Duration.ofMillis(300)).until(() -> told.size() == 2);
    assertThat(said()).containsExactly("USER: hi");
  }

  @Test
  void without_whatTheReaderThrowsReachesTheModel() throws Exception {
    var model = hello();
    var throwing =
        new Heard() {
          @Override
          public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
            throw new IllegalStateException("the reader has gone");
          }
        };
    var thrown = new CountDownLatch(1);
    var before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> thrown.countDown());
    try {
      model.chat("hi", throwing);
      assertThat(thrown.await(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    assertThat(throwing.complete).isEmpty();
    assertThat(model.through.getCount()).isEqualTo(1);
  }

  // With it.

  @Test
  void anAnswerIsWrittenDownAndTheHandlerIsToldOnceItIsOnTheDisk() throws Exception {
    var model = hello();
    var states = new CopyOnWriteArrayList<String>();
    var handler =
        new Heard() {
          @Override
          public void onCompleteResponse(ChatResponse response) {
            states.add(lastword.find(id, ANN).orElseThrow().state());
            super.onCompleteResponse(response);
          }
        };
    kept(model).chat("hi", handler);

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(states).containsExactly("complete");
    assertThat(handler.text()).isEqualTo("Hello, my friend");
    assertThat(handler.complete)
        .extracting(response -> response.aiMessage().text())
        .containsExactly("Hello, my friend");
    assertThat(handler.errors).isEmpty();
    assertThat(data(read()))
        .containsExactly(
            "\"Hel\"",
            "\"lo, \"",
            "\"my \"",
            "\"friend\"",
            "{\"reason\":\"STOP\",\"usage\":{\"input_tokens\":12,\"output_tokens\":4}}",
            "[DONE]");
    assertThat(lastword.read(id, BOB, "")).isEmpty();
    assertThat(lastword.conversation("chat-1", ANN, 10))
        .extracting("text")
        .containsExactly("Hello, my friend");
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void whileTheHandlerSaves_thenNobodyIsToldTheEnd() throws Exception {
    var release = new CountDownLatch(1);
    var saving = new CountDownLatch(1);
    var handler =
        new Heard() {
          @Override
          public void onCompleteResponse(ChatResponse response) {
            saving.countDown();
            try {
              assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    kept(hello()).chat("hi", handler);
    assertThat(saving.await(60, TimeUnit.SECONDS)).isTrue();

    assertThat(lastword.find(id, ANN).orElseThrow().events()).isEqualTo(4);
    assertThat(outcome()).isNull();

    release.countDown();
    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(lastword.find(id, ANN).orElseThrow().events()).isEqualTo(6);
  }

  @Test
  void theRegisteredSaverComesBeforeTheHandler() {
    lastword.close();
    var order = new CopyOnWriteArrayList<String>();
    lastword = Lastword.at(dir).saver(saved -> order.add("saver " + saved.text())).open();
    kept(hello())
        .chat(
            "hi",
            new Heard() {
              @Override
              public void onCompleteResponse(ChatResponse response) {
                order.add("handler");
              }
            });

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(order).containsExactly("saver Hello, my friend", "handler");
  }

  @Test
  void whenTheRegisteredSaverRejectsIt_thenTheHandlerIsToldSo() {
    lastword.close();
    lastword =
        Lastword.at(dir)
            .saver(
                saved -> {
                  throw new SaveException(SaveException.Kind.REJECTED, "not this one");
                })
            .open();
    kept(hello()).chat("hi", heard);

    await().atMost(PATIENCE).until(() -> !heard.errors.isEmpty());
    assertThat(heard.errors.getFirst()).isInstanceOf(AnswerEndedException.class);
    assertThat(heard.complete).isEmpty();
    assertThat(outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void whenTheReaderThrowsHalfWay_thenTheModelGoesOnAndTheMemoryHasTheAnswer() throws Exception {
    var model = hello();
    var told = new CopyOnWriteArrayList<String>();
    service(kept(model))
        .onPartialResponse(
            part -> {
              told.add(part);
              throw new IllegalStateException("the reader has gone");
            })
        .onCompleteResponse(response -> told.add("complete"))
        .onError(error -> told.add("error"))
        .start();

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(model.through.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(told).containsExactly("Hel", "complete");
    assertThat(said()).containsExactly("USER: hi", "AI: Hello, my friend");
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void whenTheReaderThrowsAtTheEnd_thenTheAnswerIsWholeAllTheSame() {
    service(kept(hello()))
        .onPartialResponse(part -> {})
        .onCompleteResponse(
            response -> {
              throw new IllegalStateException("the reader has gone");
            })
        .onError(heard::onError)
        .start();

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(said()).containsExactly("USER: hi", "AI: Hello, my friend");
    await().atMost(PATIENCE).until(() -> heard.errors.size() == 1);
    assertThat(heard.errors.getFirst()).hasMessage("the reader has gone");
  }

  @Test
  void whenTheReaderCancels_thenItIsCompletedWithThePartialWhichTheMemoryHas() throws Exception {
    var model = ScriptedModel.saying("Hel", "lo", ScriptedModel.Step.PAUSE, ", more");
    var handles = new CopyOnWriteArrayList<StreamingHandle>();
    service(kept(model))
        .onPartialResponseWithContext(
            (part, context) -> {
              if (part.text().equals("lo")) {
                context.streamingHandle().cancel();
                handles.add(context.streamingHandle());
              }
            })
        .onCompleteResponse(heard::onCompleteResponse)
        .onError(heard::onError)
        .start();

    assertThat(model.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(PATIENCE).until(() -> !heard.complete.isEmpty());
    assertThat(heard.complete).hasSize(1);
    assertThat(heard.complete.getFirst().finishReason()).isEqualTo(FinishReason.OTHER);
    assertThat(heard.complete.getFirst().aiMessage().text()).isEqualTo("Hello");
    assertThat(heard.errors).isEmpty();
    assertThat(handles.getFirst().isCancelled()).isTrue();
    assertThat(said()).containsExactly("USER: hi", "AI: Hello");
    assertThat(outcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(lastword.response(id, ANN).orElseThrow()).contains("Hello");
  }

  @Test
  void whenItsOwnerStopsIt_thenItIsCompletedWithThePartial() throws Exception {
    var model = ScriptedModel.saying("Hel", "lo", ScriptedModel.Step.PAUSE, ", more");
    kept(model).chat("hi", heard);
    await().atMost(PATIENCE).until(() -> heard.text().equals("Hello"));

    lastword.cancel(id, BOB);
    assertThat(outcome()).isNull();
    lastword.cancel(id, ANN);

    assertThat(model.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(PATIENCE).until(() -> !heard.complete.isEmpty());
    assertThat(heard.complete.getFirst().aiMessage().text()).isEqualTo("Hello");
    assertThat(heard.complete.getFirst().finishReason()).isEqualTo(FinishReason.OTHER);
  }

  @Test
  void whenItIsStoppedBeforeItsFirstToken_thenItIsCompletedWithNoText() {
    var model = ScriptedModel.saying(ScriptedModel.Step.PAUSE, "late");
    kept(model).chat("hi", heard);

    lastword.cancel(id, ANN);
    await().atMost(PATIENCE).until(() -> !heard.complete.isEmpty());
    model.go.countDown();

    await().atMost(PATIENCE).until(() -> model.cancelled.getCount() == 0);
    assertThat(heard.complete).hasSize(1);
    assertThat(heard.complete.getFirst().aiMessage().text()).isEmpty();
    assertThat(heard.parts).isEmpty();
  }

  @Test
  void whenTheModelFailsInMidAnswer_thenThePartialIsKept() {
    kept(ScriptedModel.saying("Hel", "lo", new IllegalStateException("out of order")))
        .chat("hi", heard);

    await().atMost(PATIENCE).until(() -> !heard.errors.isEmpty());
    assertThat(heard.errors).hasSize(1);
    assertThat(heard.errors.getFirst()).hasMessage("out of order");
    assertThat(heard.complete).isEmpty();
    assertThat(outcome()).isEqualTo(Outcome.FAILED);
    assertThat(lastword.response(id, ANN).orElseThrow())
        .contains("Hello")
        .doesNotContain("out of order");
  }

  @Test
  void whenTheModelThrowsAtOnce_thenTheHandlerIsTold() {
    StreamingChatModel broken =
        new StreamingChatModel() {
          @Override
          public void doChat(ChatRequest request, StreamingChatResponseHandler handler) {
            throw new IllegalStateException("no key");
          }
        };
    kept(broken).chat("hi", heard);

    await().atMost(PATIENCE).until(() -> !heard.errors.isEmpty());
    assertThat(heard.errors.getFirst()).hasMessage("no key");
    assertThat(outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void whenLastwordIsClosedInMidAnswer_thenTheModelIsStopped() throws Exception {
    var model = ScriptedModel.saying("Hel", ScriptedModel.Step.PAUSE, "lo");
    kept(model).chat("hi", heard);
    await().atMost(PATIENCE).until(() -> heard.text().equals("Hel"));

    lastword.close();

    assertThat(model.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(PATIENCE).until(() -> !heard.errors.isEmpty());
    assertThat(heard.complete).isEmpty();
    lastword = Lastword.embedded(dir);
    await().atMost(PATIENCE).until(() -> outcome() == Outcome.INTERRUPTED);
  }

  @Test
  void whenTheHandlerIsSlow_thenTheModelIsNot() throws Exception {
    var release = new CountDownLatch(1);
    var slow =
        new Heard() {
          @Override
          public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
            try {
              assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            super.onPartialResponse(part, context);
          }
        };
    var steps = new ArrayList<Object>(Collections.nCopies(Delivery.BEHIND_MAX + 500, "a"));
    var model = ScriptedModel.saying(steps.toArray());
    kept(model).chat("hi", slow);

    assertThat(model.through.await(60, TimeUnit.SECONDS)).isTrue();
    await()
        .atMost(PATIENCE)
        .until(() -> lastword.find(id, ANN).orElseThrow().events() == steps.size());
    assertThat(outcome()).isNull();

    release.countDown();
    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(slow.complete.getFirst().aiMessage().text()).hasSize(steps.size());
    assertThat(slow.parts.size()).isBetween(1, Delivery.BEHIND_MAX + 1);
  }

  @Test
  void whenTheModelsThreadIsInterrupted_thenNothingIsMissing() {
    kept(ScriptedModel.saying("Hel", ScriptedModel.Step.INTERRUPTED, "lo")).chat("hi", heard);

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(heard.text()).isEqualTo("Hello");
    assertThat(lastword.response(id, ANN).orElseThrow()).contains("Hello");
  }

  /** And not when it has been silent for long. */
  @Test
  void whenTheHandlerThrowsAnErrorBetweenTwoRounds_thenTheAnswerHasFailedAtOnce() {
    var wrong =
        new Heard() {
          @Override
          public void onCompleteResponse(ChatResponse response) {
            throw new AssertionError("out of order");
          }
        };
    var model =
        ScriptedModel.saying(
            ToolExecutionRequest.builder().id("1").name("time").arguments("{}").build());
    kept(model).chat("hi", wrong);

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.FAILED);
    await().atMost(PATIENCE).until(() -> !wrong.errors.isEmpty());
    assertThat(wrong.errors.getFirst()).hasMessage("out of order");
  }

  @Test
  void whenTheModelAsksForATool_thenOneAnswerIsMadeOfBothRounds() {
    var model =
        ScriptedModel.saying(
                ToolExecutionRequest.builder().id("1").name("time").arguments("{}").build())
            .then("It is noon");
    service(kept(model))
        .onPartialResponse(heard.parts::add)
        .onCompleteResponse(heard::onCompleteResponse)
        .onError(heard::onError)
        .start();

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(heard.errors).isEmpty();
    assertThat(heard.complete).hasSize(1);
    assertThat(heard.text()).isEqualTo("It is noon");
    assertThat(model.calls).hasValue(2);
    assertThat(data(readUnchecked())).startsWith("\"It is noon\"").endsWith("[DONE]");
    assertThat(memory.messages()).hasSize(4);
  }

  @Test
  void whenAHandlerKeepsTheToolCalls_thenTheAnswerIsComplete() {
    var call = ToolExecutionRequest.builder().id("1").name("time").arguments("{}").build();
    kept(ScriptedModel.saying(call)).chat("hi", heard);

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(heard.complete).hasSize(1);
    assertThat(lastword.response(id, ANN).orElseThrow()).contains("TOOL_EXECUTION");
  }

  @Test
  void whatTheModelThinksIsNoText() throws Exception {
    kept(ScriptedModel.saying(new PartialThinking("hm"), "yes")).chat("hi", heard);

    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);
    assertThat(read()).contains("event: thinking");
    assertThat(lastword.conversation("chat-1", ANN, 10)).extracting("text").containsExactly("yes");
  }

  @Test
  void whenTheAnswerCannotBeOpened_thenTheModelIsNotAsked() {
    lastword.open(AnswerRequest.of(ANN).id(id)).close();
    var model = hello();
    kept(model).chat("hi", heard);

    assertThat(heard.errors).hasSize(1);
    assertThat(heard.errors.getFirst()).isInstanceOf(NotOpenedException.class);
    assertThat(model.calls).hasValue(0);
  }

  @Test
  void aRequestMayNameItsAnswerItself() {
    var model = hello();
    var request = ChatRequest.builder().messages(UserMessage.from("hi")).build();
    LastwordStreamingChatModel.of(lastword, model)
        .chat(
            request,
            ChatRequestOptions.builder()
                .addListenerAttribute(
                    LastwordStreamingChatModel.ANSWER, AnswerRequest.of(ANN).id(id))
                .build(),
            heard);
    await().atMost(PATIENCE).until(() -> outcome() == Outcome.COMPLETED);

    LastwordStreamingChatModel.of(lastword, model)
        .chat(
            request,
            ChatRequestOptions.builder()
                .addListenerAttribute(LastwordStreamingChatModel.ANSWER, "ann")
                .build(),
            heard);
    assertThat(heard.errors.getFirst())
        .hasMessage("lastword.answer is a java.lang.String: an AnswerRequest");
    assertThat(model.calls).hasValue(1);
  }

  private @Nullable Outcome outcome() {
    return lastword.find(id, ANN).map(view -> view.outcome()).orElse(null);
  }

  private String read() throws Exception {
    var out = new ByteArrayOutputStream();
    lastword.read(id, ANN, "").orElseThrow().writeTo(out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private String readUnchecked() {
    try {
      return read();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> data(String text) {
    return text.lines()
        .filter(line -> line.startsWith("data:"))
        .map(line -> line.substring(5).trim())
        .toList();
  }

  private List<String> said() {
    return memory.messages().stream().map(LastwordStreamingChatModelTest::said).toList();
  }

  private static String said(ChatMessage message) {
    return switch (message) {
      case UserMessage user -> "USER: " + user.singleText();
      case AiMessage ai -> "AI: " + ai.text();
      default -> message.type().name();
    };
  }
}
