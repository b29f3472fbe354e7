package dev.lastword.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Outcome;
import dev.lastword.journal.StreamId;
import dev.lastword.library.AnswerEndedException;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Lastword;
import dev.lastword.library.NotOpenedException;
import dev.lastword.library.ReadingBrokenException;
import dev.lastword.stream.CancelResult;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SaveException;
import dev.lastword.stream.StreamOptions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Subscription;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.MessageChatMemoryAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.memory.MessageWindowChatMemory;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.MessageType;
import org.springframework.ai.tool.function.FunctionToolCallback;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** A streaming ChatClient with a memory, its readers, and what is left of an answer. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class LastwordAdvisorTest {
  private static final Owner ANN = Owner.of("ann");
  private static final Owner BOB = Owner.of("bob");
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String CHAT = "chat-1";

  @TempDir Path dir;
  private final ChatMemory memory = MessageWindowChatMemory.builder().build();
  private final StreamId id = StreamId.random();
  private Lastword lastword;

  @BeforeEach
  void open() {
    lastword = Lastword.at(dir).heartbeat(Duration.ofMinutes(5)).open();
  }

  @AfterEach
  void close() {
    lastword.close();
  }

  private static ScriptedModel hello() {
    return ScriptedModel.saying(
        "Hel", "lo, ", "my ", "friend", ScriptedModel.finish("STOP"), ScriptedModel.usage(12, 4));
  }

  private static Flux<ChatClientResponse> without(ScriptedModel model, ChatMemory remembered) {
    return asked(ChatClient.builder(model), remembered, StreamId.random());
  }

  private Flux<ChatClientResponse> with(ScriptedModel model) {
    return with(model, memory);
  }

  private Flux<ChatClientResponse> with(ScriptedModel model, ChatMemory remembered) {
    return asked(
        ChatClient.builder(model).defaultAdvisors(LastwordAdvisor.of(lastword)), remembered, id);
  }

  private static Flux<ChatClientResponse> asked(
      ChatClient.Builder builder, ChatMemory remembered, StreamId id) {
    return builder
        .defaultAdvisors(MessageChatMemoryAdvisor.builder(remembered).build())
        .build()
        .prompt("hi")
        .advisors(
            advisors ->
                advisors
                    .param(ChatMemory.CONVERSATION_ID, CHAT)
                    .param(LastwordAdvisor.OWNER, "ann")
                    .param(LastwordAdvisor.ANSWER_ID, id))
        .stream()
        .chatClientResponse();
  }

  // What stands without the module.

  @Test
  void without_whenTheReaderLeavesAtTheFinish_thenTheMemoryHasNoAnswer() {
    var model = hello();

    without(model, memory).takeUntil(LastwordAdvisorTest::finishes).blockLast(PATIENCE);

    await().atMost(PATIENCE).until(() -> model.cancelled.getCount() == 0);
    assertThat(said(memory)).containsExactly("USER: hi");
  }

  @Test
  void without_whenTheReaderLeavesHalfWay_thenTheMemoryHasNoAnswer() {
    var model = hello();

    without(model, memory).take(3).blockLast(PATIENCE);

    await().atMost(PATIENCE).until(() -> model.cancelled.getCount() == 0);
    assertThat(said(memory)).containsExactly("USER: hi");
  }

  @Test
  void without_whenTheReaderStays_thenTheFinishIsSaidBeforeTheMemoryHasTheAnswer() {
    var atTheFinish = new CopyOnWriteArrayList<String>();

    without(hello(), memory)
        .doOnNext(response -> noteAtFinish(response, atTheFinish))
        .blockLast(PATIENCE);

    assertThat(atTheFinish).containsExactly("USER: hi");
  }

  // With it.

  @Test
  void whenTheReaderLeavesAtTheFinish_thenTheMemoryHasTheAnswer() {
    var model = hello();

    var seen = all(with(model).takeUntil(LastwordAdvisorTest::finishes));

    assertThat(said(memory)).containsExactly("USER: hi", "ASSISTANT: Hello, my friend");
    assertThat(outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(text(seen)).isEqualTo("Hello, my friend");
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void whenTheReaderLeavesHalfWay_thenTheAnswerIsMadeWholeWithoutHim() {
    var model =
        ScriptedModel.saying("Hel", ScriptedModel.pause(), "lo", ScriptedModel.finish("STOP"));

    with(model).take(1).blockLast(PATIENCE);
    assertThat(said(memory)).containsExactly("USER: hi");
    model.go.countDown();

    await().atMost(PATIENCE).until(() -> Outcome.COMPLETED == outcome());
    assertThat(said(memory)).containsExactly("USER: hi", "ASSISTANT: Hello");
    assertThat(model.cancelled.getCount()).isEqualTo(1);
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void whenTheReaderStays_thenTheFinishIsSaidAfterTheMemoryAndTheJournalHaveTheAnswer() {
    var atTheFinish = new CopyOnWriteArrayList<String>();
    var model = hello();

    var seen =
        all(
            with(model)
                .doOnNext(
                    response -> {
                      noteAtFinish(response, atTheFinish);
                      if (finishes(response)) {
                        atTheFinish.add(String.valueOf(outcome()));
                      }
                    }));

    assertThat(atTheFinish).containsExactly("USER: hi", "ASSISTANT: Hello, my friend", "COMPLETED");
    assertThat(text(seen)).isEqualTo("Hello, my friend");
    assertThat(seen).filteredOn(LastwordAdvisorTest::finishes).hasSize(1);
    assertThat(seen)
        .allMatch(response -> id.value().equals(response.context().get(LastwordAdvisor.ANSWER_ID)));
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void theAnswerCanBeReadAgainByItsOwner() throws Exception {
    with(hello()).blockLast(PATIENCE);

    var whole = read(ANN, "");
    assertThat(data(whole))
        .containsExactly(
            "\"Hel\"",
            "\"lo, \"",
            "\"my \"",
            "\"friend\"",
            "{\"reason\":\"STOP\",\"usage\":{\"input_tokens\":12,\"output_tokens\":4}}",
            "[DONE]");
    var second = Arrays.stream(whole.split("\n")).filter(l -> l.startsWith("id:")).toList().get(1);
    assertThat(data(read(ANN, second.substring(3).trim()))).hasSize(4).startsWith("\"my \"");
    assertThat(lastword.read(id, BOB, "")).isEmpty();
    assertThat(lastword.conversation(CHAT, ANN, 10))
        .extracting("text")
        .containsExactly("Hello, my friend");
  }

  @Test
  void whileTheMemorySaves_thenNobodyIsToldTheFinish() throws Exception {
    var release = new CountDownLatch(1);
    var saving = new CountDownLatch(1);
    var slow =
        remembering(
            () -> {
              saving.countDown();
              assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
            });
    var seen = new CopyOnWriteArrayList<ChatClientResponse>();
    var done = new CountDownLatch(1);
    with(hello(), slow).subscribe(seen::add, failure -> {}, done::countDown);
    assertThat(saving.await(60, TimeUnit.SECONDS)).isTrue();

    await().atMost(PATIENCE).until(() -> text(seen).equals("Hello, my friend"));
    await().atMost(PATIENCE).until(() -> lastword.find(id, ANN).orElseThrow().events() == 4);
    assertThat(seen).noneMatch(LastwordAdvisorTest::finishes);
    assertThat(done.getCount()).isEqualTo(1);

    release.countDown();
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(seen).anyMatch(LastwordAdvisorTest::finishes);
    assertThat(lastword.find(id, ANN).orElseThrow().events()).isEqualTo(6);
  }

  @Test
  void whenTheMemoryFails_thenNobodyIsToldTheFinish() {
    var failing =
        remembering(
            () -> {
              throw new IllegalStateException("no memory");
            });
    var seen = new CopyOnWriteArrayList<ChatClientResponse>();

    assertThatThrownBy(() -> with(hello(), failing).doOnNext(seen::add).blockLast(PATIENCE))
        .hasMessageContaining("no memory");

    assertThat(seen).isNotEmpty().noneMatch(LastwordAdvisorTest::finishes);
    assertThat(outcome()).isEqualTo(Outcome.FAILED);
    assertThat(response()).contains("Hello, my friend");
  }

  @Test
  void whenTheSaverOfTheJournalRejectsIt_thenNobodyIsToldTheFinish() {
    lastword.close();
    lastword =
        Lastword.at(dir)
            .saver(
                saved -> {
                  throw new SaveException(SaveException.Kind.REJECTED, "not this one");
                })
            .open();
    var seen = new CopyOnWriteArrayList<ChatClientResponse>();

    assertThatThrownBy(() -> with(hello()).doOnNext(seen::add).blockLast(PATIENCE))
        .isInstanceOf(AnswerEndedException.class);

    assertThat(seen).isNotEmpty().noneMatch(LastwordAdvisorTest::finishes);
    assertThat(outcome()).isEqualTo(Outcome.FAILED);
  }

  @Test
  void whenTheModelThrowsInMidAnswer_thenItHasFailedAndThePartialIsKept() {
    var model = ScriptedModel.saying("Hel", "lo", new IllegalStateException("out of order"));

    assertThatThrownBy(() -> with(model).blockLast(PATIENCE)).hasMessage("out of order");

    var ended = lastword.find(id, ANN).orElseThrow();
    assertThat(ended.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(ended.reason()).isEqualTo("model_failed");
    assertThat(response()).contains("Hello").doesNotContain("out of order");
    assertThat(said(memory)).containsExactly("USER: hi");
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void whenTheOwnerStopsIt_thenTheModelIsStoppedAndTheMemoryHasThePartial() throws Exception {
    var model =
        ScriptedModel.saying(
            "Hel", "lo", ScriptedModel.pause(), ", more", ScriptedModel.finish("STOP"));
    var seen = new CopyOnWriteArrayList<ChatClientResponse>();
    var failures = new CopyOnWriteArrayList<Throwable>();
    with(model).subscribe(seen::add, failures::add);
    await().atMost(PATIENCE).until(() -> text(seen).equals("Hello"));

    assertThat(lastword.cancel(id, BOB)).isInstanceOf(CancelResult.Unknown.class);
    assertThat(lastword.cancel(id, ANN)).isInstanceOf(CancelResult.Cancelled.class);

    assertThat(model.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(PATIENCE).until(() -> !failures.isEmpty());
    assertThat(failures.getFirst())
        .isInstanceOfSatisfying(
            AnswerEndedException.class,
            ended -> assertThat(ended.outcome()).isEqualTo(Outcome.CANCELLED));
    assertThat(seen).noneMatch(LastwordAdvisorTest::finishes);
    assertThat(said(memory)).containsExactly("USER: hi", "ASSISTANT: Hello");
    assertThat(response()).contains("Hello");
    assertThat(model.calls).hasValue(1);
  }

  @Test
  void whenNobodyIsLeftAndItIsStopped_thenTheMemoryHasThePartial() throws Exception {
    var model = ScriptedModel.saying("Hel", "lo", ScriptedModel.pause(), ", more");
    with(model).take(2).blockLast(PATIENCE);

    lastword.cancel(id, ANN);

    assertThat(model.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(PATIENCE).until(() -> said(memory).size() == 2);
    assertThat(said(memory)).last().isEqualTo("ASSISTANT: Hello");
  }

  @Test
  void whenLastwordIsClosedInMidAnswer_thenTheModelIsStoppedAndNobodyIsToldAFinish()
      throws Exception {
    var model =
        ScriptedModel.saying("Hel", ScriptedModel.pause(), "lo", ScriptedModel.finish("STOP"));
    var seen = new CopyOnWriteArrayList<ChatClientResponse>();
    var failures = new CopyOnWriteArrayList<Throwable>();
    with(model).subscribe(seen::add, failures::add);
    await().atMost(PATIENCE).until(() -> text(seen).equals("Hel"));

    lastword.close();

    assertThat(model.cancelled.await(60, TimeUnit.SECONDS)).isTrue();
    await().atMost(PATIENCE).until(() -> !failures.isEmpty());
    assertThat(seen).noneMatch(LastwordAdvisorTest::finishes);
    lastword = Lastword.embedded(dir);
    await().atMost(PATIENCE).until(() -> Outcome.INTERRUPTED == outcome());
    assertThat(response()).contains("Hel");
  }

  @Test
  void whenTheReaderIsSlow_thenTheAnswerIsNot() {
    var slow =
        new BaseSubscriber<ChatClientResponse>() {
          final List<ChatClientResponse> seen = Collections.synchronizedList(new ArrayList<>());

          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnNext(ChatClientResponse response) {
            seen.add(response);
          }
        };
    with(hello()).subscribe(slow);

    await().atMost(PATIENCE).until(() -> Outcome.COMPLETED == outcome());
    assertThat(said(memory)).hasSize(2);
    slow.requestUnbounded();
    await().atMost(PATIENCE).until(slow::isDisposed);
    assertThat(text(slow.seen)).isEqualTo("Hello, my friend");
  }

  @Test
  void whenTheReaderIsTooFarBehind_thenHeIsLeftAndTheAnswerIsWhole() {
    var steps = new ArrayList<Object>(Collections.nCopies(LastwordAdvisor.BEHIND_MAX + 500, "a"));
    steps.add(ScriptedModel.finish("STOP"));
    var failures = new CopyOnWriteArrayList<Throwable>();
    var behind =
        new BaseSubscriber<ChatClientResponse>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            request(1);
          }

          @Override
          protected void hookOnError(Throwable failure) {
            failures.add(failure);
          }
        };
    with(ScriptedModel.saying(steps.toArray())).subscribe(behind);

    await().atMost(PATIENCE).until(() -> Outcome.COMPLETED == outcome());
    behind.requestUnbounded();
    await().atMost(PATIENCE).until(() -> !failures.isEmpty());
    assertThat(failures.getFirst())
        .isInstanceOf(ReaderBehindException.class)
        .hasMessageContaining("8192");
    assertThat(said(memory)).last().asString().hasSize("ASSISTANT: ".length() + steps.size() - 1);
  }

  @Test
  void whenTheModelsThreadIsInterrupted_thenNothingIsMissing() {
    var model =
        ScriptedModel.saying(
            "Hel", ScriptedModel.interrupted(), "lo", ScriptedModel.finish("STOP"));

    assertThat(text(all(with(model)))).isEqualTo("Hello");
    assertThat(said(memory)).containsExactly("USER: hi", "ASSISTANT: Hello");
  }

  /** The disk is behind with what was said last, most times, and the finish has to wait for it. */
  @RepeatedTest(6)
  void whenTheChainsThreadIsInterruptedAtItsEnd_thenTheAnswerIsWhole() throws Exception {
    lastword.close();
    var all = StreamOptions.DEFAULT;
    var slow =
        new StreamOptions(
            all.tail(),
            all.endingSilence(),
            all.idle(),
            all.duration(),
            all.responseBytesMax(),
            all.eventBytesMax(),
            1, // whatever is on its way to the disk keeps the rest waiting
            all.residentBytesMax(),
            all.generationsMax(),
            all.retaining(),
            all.saving());
    lastword = Lastword.at(dir).bounds(slow).open();
    var large = "x".repeat(12 << 20); // is on its way for some milliseconds
    var last = "y".repeat(300 << 10);
    var steps = new Object[] {large, Duration.ofMillis(2), last, ScriptedModel.finish("STOP")};
    var client =
        ChatClient.builder(ScriptedModel.saying(steps))
            .defaultAdvisors(LastwordAdvisor.of(lastword))
            .defaultAdvisors(new InterruptedAtTheEnd())
            .build();

    var seen =
        all(
            client
                .prompt("hi")
                .advisors(
                    a -> a.param(LastwordAdvisor.OWNER, ANN).param(LastwordAdvisor.ANSWER_ID, id))
                .stream()
                .chatClientResponse());

    assertThat(seen).filteredOn(LastwordAdvisorTest::finishes).hasSize(1);
    assertThat(outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(data(read(ANN, ""))).endsWith("[DONE]").anyMatch(d -> d.contains("\"STOP\""));
  }

  @Test
  void whenTheReadersThreadIsInterrupted_thenTheAnswerIsMadeWholeWithoutHim() throws Exception {
    var model =
        ScriptedModel.saying("Hel", ScriptedModel.pause(), "lo", ScriptedModel.finish("STOP"));
    var first = new CountDownLatch(1);
    var reader =
        Thread.ofPlatform()
            .start(
                () ->
                    assertThatThrownBy(
                        () ->
                            with(model)
                                .doOnNext(response -> first.countDown())
                                .blockLast(PATIENCE)));
    assertThat(first.await(60, TimeUnit.SECONDS)).isTrue();
    reader.interrupt();
    reader.join(60_000);
    model.go.countDown();

    await().atMost(PATIENCE).until(() -> Outcome.COMPLETED == outcome());
    assertThat(said(memory)).containsExactly("USER: hi", "ASSISTANT: Hello");
  }

  @Test
  void whenTheAnswerCannotBeOpened_thenTheModelIsNotAsked() {
    lastword.open(AnswerRequest.of(ANN).id(id)).close();
    var model = hello();

    assertThatThrownBy(() -> with(model).blockLast(PATIENCE))
        .isInstanceOf(NotOpenedException.class);

    assertThat(model.calls).hasValue(0);
  }

  @Test
  void whenAParameterIsNone_thenItIsNamed() {
    var model = hello();
    var client = ChatClient.builder(model).defaultAdvisors(LastwordAdvisor.of(lastword)).build();

    assertThatThrownBy(
            () ->
                client.prompt("hi").advisors(a -> a.param(LastwordAdvisor.OWNER, 7)).stream()
                    .content()
                    .blockLast(PATIENCE))
        .hasMessage("lastword.owner is a java.lang.Integer: a String or an Owner");
    assertThatThrownBy(
            () ->
                client
                    .prompt("hi")
                    .advisors(a -> a.param(LastwordAdvisor.ANSWER_ID, "short"))
                    .stream()
                    .content()
                    .blockLast(PATIENCE))
        .hasMessageContaining("16 to 64 characters");
    assertThat(model.calls).hasValue(0);
  }

  @Test
  void whenTheModelAsksForATool_thenOneAnswerIsMadeOfBothRounds() {
    var model =
        ScriptedModel.saying(ScriptedModel.toolCall("time", "{}"))
            .then("It is noon", ScriptedModel.finish("STOP"));
    var tool = FunctionToolCallback.builder("time", () -> "noon").description("the time").build();
    var client =
        ChatClient.builder(model)
            .defaultAdvisors(LastwordAdvisor.of(lastword))
            .defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build())
            .defaultTools(tool)
            .build();

    var seen =
        all(
            client
                .prompt("hi")
                .advisors(
                    a ->
                        a.param(ChatMemory.CONVERSATION_ID, CHAT)
                            .param(LastwordAdvisor.OWNER, ANN)
                            .param(LastwordAdvisor.ANSWER_ID, id.value()))
                .stream()
                .chatClientResponse());

    assertThat(text(seen)).isEqualTo("It is noon");
    assertThat(model.calls).hasValue(2);
    assertThat(said(memory)).containsExactly("USER: hi", "ASSISTANT: It is noon");
    assertThat(response()).contains("\"finish\":\"STOP\"");
  }

  @Test
  void whatIsCalledIsNotTouched() {
    var model = hello();

    var said =
        ChatClient.builder(model)
            .defaultAdvisors(LastwordAdvisor.of(lastword))
            .build()
            .prompt("hi")
            .advisors(a -> a.param(LastwordAdvisor.ANSWER_ID, id))
            .call()
            .content();

    assertThat(said).isEqualTo("called");
    assertThat(lastword.find(id, Owner.ALL)).isEmpty();
  }

  @Test
  void whenTheAdvisorsAreAddedTwice_thenThereIsOneAnswer() {
    var model = hello();
    var twice =
        ChatClient.builder(model)
            .defaultAdvisors(LastwordAdvisor.of(lastword))
            .defaultAdvisors(LastwordAdvisor.of(lastword));

    assertThat(text(all(asked(twice, memory, id)))).isEqualTo("Hello, my friend");
    assertThat(model.calls).hasValue(1);
    assertThat(lastword.conversation(CHAT, ANN, 10)).hasSize(1);
  }

  /** As what saves the memory may be. */
  private static final class InterruptedAtTheEnd implements StreamAdvisor {
    @Override
    public String getName() {
      return "interrupted";
    }

    @Override
    public int getOrder() {
      return 0;
    }

    @Override
    public Flux<ChatClientResponse> adviseStream(
        ChatClientRequest request, StreamAdvisorChain chain) {
      return chain.nextStream(request).doOnComplete(() -> Thread.currentThread().interrupt());
    }
  }

  private static List<ChatClientResponse> all(Flux<ChatClientResponse> responses) {
    return Objects.requireNonNull(responses.collectList().block(PATIENCE));
  }

  private void noteAtFinish(ChatClientResponse response, List<String> notes) {
    if (finishes(response)) {
      notes.addAll(said(memory));
    }
  }

  private @Nullable Outcome outcome() {
    return lastword.find(id, ANN).map(view -> view.outcome()).orElse(null);
  }

  private String response() {
    return lastword.response(id, ANN).orElseThrow();
  }

  private String read(Owner owner, String lastEventId) throws Exception {
    var out = new ByteArrayOutputStream();
    try {
      lastword.read(id, owner, lastEventId).orElseThrow().writeTo(out);
    } catch (ReadingBrokenException e) {
      return out.toString(StandardCharsets.UTF_8) + "broken: " + e.code();
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static List<String> data(String text) {
    return text.lines()
        .filter(line -> line.startsWith("data:"))
        .map(line -> line.substring(5).trim())
        .toList();
  }

  private static boolean finishes(ChatClientResponse response) {
    var result = response.chatResponse() == null ? null : response.chatResponse().getResult();
    return result != null && "STOP".equals(result.getMetadata().getFinishReason());
  }

  private static String text(List<ChatClientResponse> responses) {
    var all = new StringBuilder();
    for (var response : responses) {
      var result = response.chatResponse() == null ? null : response.chatResponse().getResult();
      if (result != null && result.getOutput().getText() != null) {
        all.append(result.getOutput().getText());
      }
    }
    return all.toString();
  }

  private static List<String> said(ChatMemory memory) {
    return memory.get(CHAT).stream()
        .map(message -> message.getMessageType() + ": " + message.getText())
        .toList();
  }

  private interface Saving {
    void run() throws Exception;
  }

  /** A memory that does something before it has the model's answer. */
  private ChatMemory remembering(Saving first) {
    return new ChatMemory() {
      @Override
      public void add(String conversation, List<Message> messages) {
        if (messages.stream().anyMatch(m -> m.getMessageType() == MessageType.ASSISTANT)) {
          try {
            first.run();
          } catch (RuntimeException e) {
            throw e;
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        }
        memory.add(conversation, messages);
      }

      @Override
      public List<Message> get(String conversation) {
        return memory.get(conversation);
      }

      @Override
      public void clear(String conversation) {
        memory.clear(conversation);
      }
    };
  }
}
