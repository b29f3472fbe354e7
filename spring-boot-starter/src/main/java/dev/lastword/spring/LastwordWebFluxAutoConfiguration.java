package dev.lastword.spring;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.reactive.DispatcherHandler;
import org.springframework.web.reactive.HandlerResultHandler;

/** Lastword in WebFlux. */
@AutoConfiguration(
    after = LastwordAutoConfiguration.class,
    beforeName = "org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration")
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnClass(DispatcherHandler.class)
@ConditionalOnBean(Answers.class)
public class LastwordWebFluxAutoConfiguration {
  LastwordWebFluxAutoConfiguration() {}

  @Bean
  FluxReaders lastwordReaders(Answers answers) {
    return new FluxReaders(answers);
  }

  @Bean
  FluxReturns lastwordReturns(
      Answers answers, FluxReaders readers, ObjectProvider<HandlerResultHandler> handlers) {
    return new FluxReturns(answers, readers, handlers);
  }

  @Bean
  ResumingWebFilter lastwordResumingFilter(Answers answers, FluxReaders readers) {
    return new ResumingWebFilter(answers, readers);
  }

  @Bean
  BreakingWebFilter lastwordBreakingFilter() {
    return new BreakingWebFilter();
  }

  @Bean
  @ConditionalOnProperty(name = "lastword.endpoints.enabled", matchIfMissing = true)
  FluxEndpoints lastwordEndpoints(Answers answers) {
    return new FluxEndpoints(answers);
  }
}
