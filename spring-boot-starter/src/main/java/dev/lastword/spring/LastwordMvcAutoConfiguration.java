package dev.lastword.spring;

import jakarta.servlet.DispatcherType;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.web.accept.ContentNegotiationManager;
import org.springframework.web.method.support.HandlerMethodReturnValueHandler;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;

/** Lastword in Spring MVC. */
@AutoConfiguration(
    after = LastwordAutoConfiguration.class,
    beforeName = "org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration")
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass(DispatcherServlet.class)
@ConditionalOnBean(Answers.class)
public class LastwordMvcAutoConfiguration {
  LastwordMvcAutoConfiguration() {}

  @Bean
  MvcReaders lastwordReaders(Answers answers) {
    return new MvcReaders(answers);
  }

  /** Puts our handler first, which no configurer of Spring's can. */
  @Bean
  static BeanPostProcessor lastwordReturns(
      ObjectProvider<Answers> answers,
      ObjectProvider<MvcReaders> readers,
      ObjectProvider<ContentNegotiationManager> negotiation) {
    return new BeanPostProcessor() {
      @Override
      public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof RequestMappingHandlerAdapter adapter) {
          List<HandlerMethodReturnValueHandler> others = adapter.getReturnValueHandlers();
          if (others != null) {
            var handlers = new ArrayList<HandlerMethodReturnValueHandler>(others);
            handlers.add(
                0,
                new MvcReturns(
                    answers.getObject(),
                    readers.getObject(),
                    List.copyOf(others),
                    negotiation.getIfUnique(ContentNegotiationManager::new)));
            adapter.setReturnValueHandlers(handlers);
          }
        }
        return bean;
      }
    };
  }

  @Bean
  WebMvcConfigurer lastwordResuming(Answers answers, MvcReaders readers) {
    return new WebMvcConfigurer() {
      @Override
      public void addInterceptors(InterceptorRegistry registry) {
        registry
            .addInterceptor(new MvcResuming(answers, readers))
            .excludePathPatterns(answers.properties().endpoints().path() + "/**");
      }
    };
  }

  @Bean
  FilterRegistrationBean<OutermostFilter> lastwordOutermostFilter() {
    var registration = new FilterRegistrationBean<>(new OutermostFilter());
    registration.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ASYNC);
    registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
    return registration;
  }

  @Bean
  @ConditionalOnProperty(name = "lastword.endpoints.enabled", matchIfMissing = true)
  MvcEndpoints lastwordEndpoints(Answers answers) {
    return new MvcEndpoints(answers);
  }
}
