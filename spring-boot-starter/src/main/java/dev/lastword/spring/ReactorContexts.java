package dev.lastword.spring;

import dev.lastword.library.Answer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * Reactor's contexts, for sources that are asked apart from their requests. By {@code Answer.class}
 * each has the answer that keeps what the source says, so that a source which would keep it itself,
 * such as a {@code ChatClient} with Lastword's advisors, knows that it need not.
 */
final class ReactorContexts {
  private ReactorContexts() {}

  /** That of a request, such as its security. */
  static SourceContext of(ContextView request) {
    return (source, answer) ->
        Flux.from(source).contextWrite(own -> with(answer, own.putAll(request)));
  }

  /** That of no request: a source has its answer there, and nothing else. */
  static SourceContext ofAnswer() {
    return of(Context.empty());
  }

  /** The same source, which knows its answer; what is none of Reactor's is left as it is. */
  static @Nullable Object in(@Nullable Object source, Answer answer) {
    return source instanceof Flux<?> flux ? flux.contextWrite(own -> with(answer, own)) : source;
  }

  static Context with(Answer answer, Context context) {
    return context.put(Answer.class, answer);
  }
}
