package dev.lastword.spring;

import dev.lastword.library.Answer;
import dev.lastword.library.Lastword;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts by Micrometer. */
final class MicrometerMetrics implements Metrics {
  private final MeterRegistry registry;
  private final AtomicInteger readers = new AtomicInteger();

  MicrometerMetrics(MeterRegistry registry, Lastword lastword) {
    this.registry = registry;
    Gauge.builder("lastword.answers.open", lastword, Lastword::open)
        .description("Answers that are open")
        .register(registry);
    Gauge.builder("lastword.readers", readers, AtomicInteger::get)
        .description("Readers that are connected")
        .register(registry);
  }

  @Override
  public void opened(Answer answer, String by) {
    answer
        .ended()
        .thenAccept(
            view -> {
              var outcome = view.outcome();
              Counter.builder("lastword.answers")
                  .description("Answers that have ended")
                  .tag("by", by)
                  .tag("outcome", outcome == null ? "none" : outcome.word())
                  .register(registry)
                  .increment();
            });
  }

  @Override
  public void reading() {
    readers.incrementAndGet();
  }

  @Override
  public void left() {
    readers.decrementAndGet();
  }
}
