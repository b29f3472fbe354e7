package dev.lastword.springai;

import dev.lastword.library.Lastword;
import org.slf4j.LoggerFactory;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientBuilderCustomizer;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

/**
 * Gives every {@code ChatClient.Builder} of the application the advisors, where there is a {@link
 * Lastword}. After whatever makes one.
 */
@AutoConfiguration
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE)
@ConditionalOnClass(ChatClient.class)
@ConditionalOnProperty(
    prefix = "lastword.spring-ai",
    name = "enabled",
    havingValue = "true",
    matchIfMissing = true)
public final class LastwordSpringAiAutoConfiguration {
  /** There is one. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnBean(Lastword.class)
  static final class Kept {
    @Bean
    @ConditionalOnMissingBean(name = "lastwordChatClientCustomizer")
    ChatClientBuilderCustomizer lastwordChatClientCustomizer(Lastword lastword) {
      return builder -> builder.defaultAdvisors(LastwordAdvisor.of(lastword));
    }
  }

  /** There is none: nobody should believe that answers are kept. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingBean(Lastword.class)
  static final class NotKept {
    NotKept() {
      LoggerFactory.getLogger(NotKept.class)
          .warn("answers.unkept cause=\"there is no bean of dev.lastword.library.Lastword\"");
    }
  }
}
