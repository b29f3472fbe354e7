package dev.lastword.langchain4j;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.chat.Capability;
import dev.langchain4j.model.chat.ChatRequestOptions;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Lastword;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Owner;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A streaming chat model whose answers live apart from their handlers: each is written down as the
 * model says it, can be read again from any place, and says its ending to those who read it so once
 * its handler has had the complete response, which is when the memory of an AI service has it.
 *
 * <pre>{@code
 * var model = LastwordStreamingChatModel.of(
 *     lastword, openAi, request -> AnswerRequest.of(Owner.of(user())).id(id()));
 * var assistant = AiServices.builder(Assistant.class)
 *     .streamingChatModel(model).chatMemory(memory).build();
 * }</pre>
 *
 * <p>A handler is told on a thread of its own. What it throws does not reach the model; what it
 * cancels by its {@code StreamingHandle} is completed with the partial and {@code
 * FinishReason.OTHER}, as is an answer that its owner stops by {@link Lastword#cancel}.
 */
public final class LastwordStreamingChatModel implements StreamingChatModel {
  /**
   * Key of a listener attribute in the {@link ChatRequestOptions}: the {@link AnswerRequest} of
   * this call, in place of what the function makes.
   */
  public static final String ANSWER = "lastword.answer";

  /** Characters of what the person said that are written down. */
  static final int INPUT_MAX = 64 << 10;

  private final Lastword lastword;
  private final StreamingChatModel model;
  private final Function<ChatRequest, AnswerRequest> answers;

  private LastwordStreamingChatModel(
      Lastword lastword, StreamingChatModel model, Function<ChatRequest, AnswerRequest> answers) {
    this.lastword = lastword;
    this.model = model;
    this.answers = answers;
  }

  /** Answers of random ids that belong to {@link Owner#ANONYMOUS}. */
  public static LastwordStreamingChatModel of(Lastword lastword, StreamingChatModel model) {
    return of(lastword, model, request -> AnswerRequest.of(Owner.ANONYMOUS));
  }

  /**
   * Answers that are opened as a function says.
   *
   * @param answers called on the thread that asks, before the model is asked; what it throws its
   *     handler is told
   */
  public static LastwordStreamingChatModel of(
      Lastword lastword, StreamingChatModel model, Function<ChatRequest, AnswerRequest> answers) {
    return new LastwordStreamingChatModel(lastword, model, answers);
  }

  @Override
  public void chat(
      ChatRequest request, ChatRequestOptions options, StreamingChatResponseHandler handler) {
    var inside = Run.delivering();
    if (inside != null) { // its tools' results, or what a handler asks for itself
      if (!inside.goesOnWith(request)) {
        model.chat(request, options, handler);
        return;
      }
      var next = inside.round(handler);
      if (!inside.isStopped()) {
        model.chat(request, options, next);
      }
      return;
    }
    Run run;
    try {
      var asked = asked(request, options);
      run = new Run(lastword, lastword.open(asked), asked.owner());
    } catch (RuntimeException e) { // the model is not asked for what cannot be kept
      handler.onError(e);
      return;
    }
    var round = run.round(handler);
    try {
      model.chat(request, options, round);
    } catch (RuntimeException e) {
      round.onError(e);
    }
  }

  private AnswerRequest asked(ChatRequest request, ChatRequestOptions options) {
    var given = options.listenerAttributes().get(ANSWER);
    if (given != null && !(given instanceof AnswerRequest)) {
      throw new IllegalArgumentException(
          "%s is a %s: an AnswerRequest".formatted(ANSWER, given.getClass().getName()));
    }
    var asked = given instanceof AnswerRequest own ? own : answers.apply(request);
    if (!asked.attributes().containsKey(Attributes.INPUT)) {
      asked = asked.input(input(request));
    }
    var name = request.modelName();
    return name == null || asked.attributes().containsKey(Attributes.MODEL)
        ? asked
        : asked.with(Attributes.MODEL, name);
  }

  private static String input(ChatRequest request) {
    var messages = request.messages();
    for (int i = messages.size() - 1; i >= 0; i--) {
      if (messages.get(i) instanceof UserMessage user) {
        var text = user.hasSingleText() ? user.singleText() : "";
        return text.length() <= INPUT_MAX ? text : text.substring(0, INPUT_MAX);
      }
    }
    return "";
  }

  @Override
  public ChatRequestParameters defaultRequestParameters() {
    return model.defaultRequestParameters();
  }

  /** The model's, which the model itself tells. */
  @Override
  public List<ChatModelListener> listeners() {
    return model.listeners();
  }

  @Override
  public ModelProvider provider() {
    return model.provider();
  }

  @Override
  public Set<Capability> supportedCapabilities() {
    return model.supportedCapabilities();
  }
}
