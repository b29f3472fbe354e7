package dev.lastword.spring;

import reactor.core.publisher.Flux;
import reactor.util.context.ContextView;

/** Reactor's contexts, for sources that are asked apart from their requests. */
final class ReactorContexts {
  private ReactorContexts() {}

  /** That of a request, such as its security. */
  static SourceContext of(ContextView request) {
    return (source, answer) -> Flux.from(source).contextWrite(own -> own.putAll(request));
  }
}
