package dev.lastword.springai;

import dev.lastword.journal.StreamId;
import dev.lastword.library.Answer;
import dev.lastword.library.AnswerRequest;
import dev.lastword.library.Lastword;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Owner;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.Advisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.ai.chat.memory.ChatMemory;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.core.Ordered;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/**
 * The outermost advisor of a {@code ChatClient}: it reads the whole chain itself, so that the
 * memory's advisor comes to its end whoever leaves, and gives readers a view of it in which the
 * finish is held back until the chain has completed, which is when the memory has the answer, and
 * the answer is sealed.
 *
 * <pre>{@code
 * var client = ChatClient.builder(model)
 *     .defaultAdvisors(LastwordAdvisor.of(lastword))
 *     .defaultAdvisors(MessageChatMemoryAdvisor.builder(memory).build())
 *     .build();
 * client.prompt("hello")
 *     .advisors(a -> a.param(LastwordAdvisor.OWNER, "ann").param(LastwordAdvisor.ANSWER_ID, id))
 *     .stream().content();
 * }</pre>
 *
 * <p>The answer is made as soon as its {@code Flux} is subscribed to, at the model's pace; leaving
 * does not stop it, {@link Lastword#cancel} does. What {@code call()} answers is not touched.
 *
 * <p>Where the Reactor context has an {@link Answer} under {@code Answer.class}, as it has in what
 * the Spring Boot starter keeps, the chain's answer is a part of that one: there is no second, and
 * whoever stops that one stops the model.
 */
public final class LastwordAdvisor implements StreamAdvisor {
  /** Parameter of a request: whom the answer belongs to, a {@link String} or an {@link Owner}. */
  public static final String OWNER = "lastword.owner";

  /**
   * Parameter of a request: the answer's id, a {@link String} or a {@link StreamId}; a random one
   * where it is missing. Each {@code ChatClientResponse} has it in its context as a {@link String}.
   */
  public static final String ANSWER_ID = "lastword.answer-id";

  /** Chunks that a reader may be behind before it is left. */
  static final int BEHIND_MAX = 8_192;

  /** Characters of what the person said that are written down. */
  static final int INPUT_MAX = 64 << 10;

  private final Lastword lastword;

  private LastwordAdvisor(Lastword lastword) {
    this.lastword = lastword;
  }

  /** The two advisors that an answer needs: this one, and one next to the model that stops it. */
  public static List<Advisor> of(Lastword lastword) {
    return List.of(new LastwordAdvisor(lastword), new ModelSwitch());
  }

  @Override
  public String getName() {
    return "lastword";
  }

  /** Before all others, those that save above all. */
  @Override
  public int getOrder() {
    return Ordered.HIGHEST_PRECEDENCE;
  }

  @Override
  public Flux<ChatClientResponse> adviseStream(
      ChatClientRequest request, StreamAdvisorChain chain) {
    return Flux.deferContextual(
        context -> {
          if (context.hasKey(
              Run.class)) { // a client that another one's answer asks, or added twice
            return chain.nextStream(request);
          }
          var view =
              Sinks.many()
                  .unicast()
                  .<ChatClientResponse>onBackpressureBuffer(new LinkedBlockingQueue<>(BEHIND_MAX));
          var begin =
              context.hasKey(Answer.class)
                  ? inside(context.get(Answer.class), request, chain, context, view)
                  : begin(asked(request), request, chain, context, view);
          Schedulers.boundedElastic().schedule(begin);
          return view.asFlux();
        });
  }

  private static Runnable inside(
      Answer answer,
      ChatClientRequest request,
      StreamAdvisorChain chain,
      ContextView context,
      Sinks.Many<ChatClientResponse> view) {
    if (request.context().get(ANSWER_ID) != null) {
      throw new IllegalArgumentException(
          ("%s: what this request answers is kept as %s already, and nobody would find another."
                  + " Leave the parameter out, or exclude the request's path from the edge")
              .formatted(ANSWER_ID, answer.id()));
    }
    return () -> ask(Run.inside(answer, view), request, chain, context);
  }

  /** For a thread that may wait. */
  private Runnable begin(
      AnswerRequest asked,
      ChatClientRequest request,
      StreamAdvisorChain chain,
      ContextView context,
      Sinks.Many<ChatClientResponse> view) {
    return () -> {
      Run run;
      try {
        run = Run.of(lastword.open(asked), view);
      } catch (RuntimeException e) { // the model is not asked for what cannot be kept
        view.tryEmitError(e);
        return;
      }
      ask(run, request, chain, context);
    };
  }

  private static void ask(
      Run run, ChatClientRequest request, StreamAdvisorChain chain, ContextView context) {
    chain
        .nextStream(request)
        .contextWrite(own -> own.putAll(context).put(Run.class, run))
        .subscribe(run);
  }

  private static AnswerRequest asked(ChatClientRequest request) {
    var context = request.context();
    var asked = AnswerRequest.of(owner(context.get(OWNER)));
    var id = id(context.get(ANSWER_ID));
    if (id.isPresent()) {
      asked = asked.id(id.get());
    }
    if (context.get(ChatMemory.CONVERSATION_ID) instanceof String conversation) {
      asked = asked.conversation(conversation);
    }
    var options = request.prompt().getOptions();
    if (options != null && options.getModel() != null) {
      asked = asked.with(Attributes.MODEL, options.getModel());
    }
    return asked.input(input(request.prompt()));
  }

  private static String input(Prompt prompt) {
    @Nullable String text = prompt.getUserMessage().getText();
    if (text == null) {
      return "";
    }
    return text.length() <= INPUT_MAX ? text : text.substring(0, INPUT_MAX);
  }

  private static Owner owner(@Nullable Object given) {
    return switch (given) {
      case null -> Owner.ANONYMOUS;
      case Owner owner -> owner;
      case String name -> Owner.of(name);
      default -> throw new IllegalArgumentException(wrong(OWNER, given, "a String or an Owner"));
    };
  }

  private static Optional<StreamId> id(@Nullable Object given) {
    return switch (given) {
      case null -> Optional.empty();
      case StreamId id -> Optional.of(id);
      case String value -> Optional.of(new StreamId(value));
      default ->
          throw new IllegalArgumentException(wrong(ANSWER_ID, given, "a String or a StreamId"));
    };
  }

  private static String wrong(String name, Object given, String wanted) {
    return "%s is a %s: %s".formatted(name, given.getClass().getName(), wanted);
  }
}
