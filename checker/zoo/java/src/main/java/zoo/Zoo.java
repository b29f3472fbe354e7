package zoo;

import java.util.Map;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Serves Spring MVC, WebFlux and Jersey on a free port each, and says which. */
final class Zoo {
  private Zoo() {}

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(MvcRoutes.Controller.class)
  static class Mvc {}

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(FluxRoutes.Controller.class)
  static class Flux {}

  static void main(String[] arguments) throws Exception {
    System.out.printf(
        "\"java\":\"%s\",\"webflux\":\"%s\",\"jersey\":\"%s\"%n",
        start(Mvc.class, WebApplicationType.SERVLET), start(Flux.class, WebApplicationType.REACTIVE), JerseyRoutes.start());
    Thread.currentThread().join();
  }

  private static String start(Class<?> configuration, WebApplicationType type) {
    var context =
        new SpringApplicationBuilder(configuration)
            .web(type)
            .properties(
                Map.of(
                    "server.port", "0",
                    "server.address", "127.0.0.1",
                    "spring.main.banner-mode", "off",
                    "spring.main.lazy-initialization", "true",
                    // Readers that leave are what this is about; no framework needs to tell.
                    "logging.level.root", "off"))
            .run();
    return "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port");
  }
}
