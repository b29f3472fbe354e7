package dev.lastword.spring;

import dev.lastword.library.Lastword;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What an operator is told: health and metrics, where the application has them. */
@AutoConfiguration(
    after = LastwordAutoConfiguration.class,
    afterName =
        "org.springframework.boot.micrometer.metrics.autoconfigure"
            + ".CompositeMeterRegistryAutoConfiguration")
@ConditionalOnBean(Lastword.class)
public class LastwordActuatorAutoConfiguration {
  LastwordActuatorAutoConfiguration() {}

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
  static class OfHealth {
    /** Down where the disk takes nothing any more; out of service where it is full. */
    @Bean
    @ConditionalOnEnabledHealthIndicator("lastword")
    HealthIndicator lastwordHealthIndicator(Lastword lastword) {
      return () -> {
        var journal = lastword.health();
        var health =
            switch (journal) {
              case OPEN -> Health.up();
              case FULL -> Health.outOfService();
              case CLOSED -> Health.down();
            };
        return health
            .withDetail("journal", journal.name().toLowerCase(java.util.Locale.ROOT))
            .withDetail("open", lastword.open())
            .build();
      };
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  @ConditionalOnBean(MeterRegistry.class)
  static class OfMetrics {
    @Bean
    Metrics lastwordMetrics(MeterRegistry registry, Lastword lastword) {
      return new MicrometerMetrics(registry, lastword);
    }
  }
}
