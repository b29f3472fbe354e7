package dev.lastword.springai;

import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.core.Ordered;
import reactor.core.publisher.Flux;

/**
 * The innermost advisor: the model behind it is stopped once its answer is, each time that it is
 * asked for the answer.
 */
final class ModelSwitch implements StreamAdvisor {
  @Override
  public String getName() {
    return "lastword model switch";
  }

  /** The model itself is an advisor of the lowest precedence. */
  @Override
  public int getOrder() {
    return Ordered.LOWEST_PRECEDENCE - 1;
  }

  @Override
  public Flux<ChatClientResponse> adviseStream(
      ChatClientRequest request, StreamAdvisorChain chain) {
    return Flux.deferContextual(
        context -> {
          var model = chain.nextStream(request);
          return context.hasKey(Run.class)
              ? context.get(Run.class).untilStopped(model)
              : model; // call() and nested clients have no run
        });
  }
}
