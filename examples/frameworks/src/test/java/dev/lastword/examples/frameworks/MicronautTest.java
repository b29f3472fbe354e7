package dev.lastword.examples.frameworks;

import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.util.Map;

/** Micronaut writes what a controller publishes, as fast as its connection takes it. */
final class MicronautTest extends FrameworkContract {
  @Override
  Server serve(Chat chat) {
    var context =
        ApplicationContext.builder()
            .singletons(chat)
            .properties(Map.of("micronaut.server.port", -1))
            .start();
    var server = context.getBean(EmbeddedServer.class).start();
    return new Server(server.getPort(), context::close);
  }
}
