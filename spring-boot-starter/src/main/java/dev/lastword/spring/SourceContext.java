package dev.lastword.spring;

import dev.lastword.library.Answer;
import org.reactivestreams.Publisher;

/** Gives a source the context that it is asked in: on a thread of ours it would have none. */
@FunctionalInterface
interface SourceContext {
  /** There is none to give. */
  SourceContext NONE = (source, answer) -> source;

  /**
   * The same source, asked in the context.
   *
   * @param answer which keeps what the source says
   */
  Publisher<?> give(Publisher<?> source, Answer answer);
}
