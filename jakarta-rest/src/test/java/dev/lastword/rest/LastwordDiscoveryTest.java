package dev.lastword.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.library.Saver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.spi.AbstractContainerLifecycleListener;
import org.glassfish.jersey.server.spi.ContainerLifecycleListener;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An application that has the room on its class path, and says nothing of it but where. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class LastwordDiscoveryTest {
  @TempDir Path dir;
  private final List<String> saved = new CopyOnWriteArrayList<>();

  private ResourceConfig application(Chat chat) {
    return new ResourceConfig()
        .register(chat)
        .property(LastwordDiscovery.DIRECTORY, dir.resolve("answers"))
        .property(LastwordDiscovery.SAVER, (Saver) answer -> saved.add(answer.text()));
  }

  private static Chat chat() {
    var chat = new Chat();
    chat.more.countDown();
    chat.save.countDown();
    return chat;
  }

  @ParameterizedTest
  @EnumSource(
      value = Container.class,
      names = {"GRIZZLY", "JETTY"})
  void itsAnswersSurviveIt(Container container) throws Exception {
    var running = container.start(application(chat()));
    String last;
    try (var reader = new Reader(running.port(), "/app/chat/sink")) {
      assertThat(reader.until("data: Hel")).isTrue();
      last = reader.value("id");
      assertThat(reader.until("data: [DONE]")).isTrue();
    } finally {
      running.stopping().stop();
    }
    assertThat(saved).hasSize(1);

    var again = chat();
    running = container.start(application(again));
    try (var reader = new Reader(running.port(), "/app/chat/sink", "Last-Event-ID: " + last)) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.lines).contains("data: .", "data: [DONE]").doesNotContain("data: Hel");
    } finally {
      running.stopping().stop();
    }
    assertThat(again.calls).hasValue(0);
  }

  @ParameterizedTest
  @EnumSource(
      value = Container.class,
      names = {"GRIZZLY"})
  void itIsLeftAloneIfItSaysSo(Container container) throws Exception {
    var running = container.start(application(chat()).property(LastwordDiscovery.ENABLED, "false"));
    try (var reader = new Reader(running.port(), "/app/chat/sink")) {
      assertThat(reader.endsCleanly()).isTrue();
      assertThat(reader.value("lastword-stream")).isEmpty();
    } finally {
      running.stopping().stop();
    }
    assertThat(Files.exists(dir.resolve("answers"))).isFalse();
  }

  /** Its container has stopped it, and a request is on its way yet. */
  @ParameterizedTest
  @EnumSource(
      value = Container.class,
      names = {"GRIZZLY"})
  void oneThatHasStoppedIs503(Container container) throws Exception {
    var stopping = new CompletableFuture<org.glassfish.jersey.server.spi.Container>();
    var application =
        application(chat())
            .register(
                new AbstractContainerLifecycleListener() {
                  @Override
                  public void onStartup(org.glassfish.jersey.server.spi.Container started) {
                    stopping.complete(started);
                  }
                });
    var running = container.start(application);
    try {
      stopping.get().getConfiguration().getInstances().stream()
          .filter(ContainerLifecycleListener.class::isInstance)
          .forEach(each -> ((ContainerLifecycleListener) each).onShutdown(stopping.join()));
      try (var reader = new Reader(running.port(), "/app/chat/streaming")) {
        assertThat(reader.until("Retry-After: 5")).isTrue();
        assertThat(reader.lines.getFirst()).startsWith("HTTP/1.1 503");
      }
    } finally {
      running.stopping().stop();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Container.class,
      names = {"GRIZZLY"})
  void aPropertyOfAnotherTypeIsNamed(Container container) {
    assertThatThrownBy(
            () -> container.start(application(chat()).property(LastwordDiscovery.SAVER, "mine")))
        .hasStackTraceContaining("lastword.saver is a java.lang.String");
  }
}
