package dev.lastword.examples.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Outcome;
import dev.lastword.library.Lastword;
import dev.lastword.servlet.LastwordFilter;
import dev.lastword.stream.Owner;
import dev.lastword.stream.StreamQuery;
import io.javalin.Javalin;
import io.javalin.http.sse.SseClient;
import jakarta.servlet.DispatcherType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Javalin's own {@code sse} handlers say is kept by the filter for servlets. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class JavalinSseTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path dir;
  private final AtomicInteger calls = new AtomicInteger();
  private final List<String> saved = new CopyOnWriteArrayList<>();
  private final CountDownLatch more = new CountDownLatch(1);
  private final CountDownLatch returned = new CountDownLatch(1);

  /** As it is written by hand: tokens, the marker, the save, and the end. */
  private void chat(SseClient client) {
    calls.incrementAndGet();
    try {
      client.sendEvent("message", "Hel");
      if (!more.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody has opened it");
      }
      for (int i = 0; i < 40 && !client.terminated(); i++) {
        client.sendEvent("message", ".");
        TimeUnit.MILLISECONDS.sleep(5);
      }
      client.sendEvent("message", "[DONE]");
      if (!client.terminated()) { // as one that leaves is told
        saved.add("the answer");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      returned.countDown();
    }
  }

  private Javalin start(Lastword lastword, boolean kept) {
    return Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.routes.sse("/chat", this::chat);
              if (kept) {
                config.jetty.modifyServletContextHandler(
                    context -> {
                      var filter = new FilterHolder(LastwordFilter.of(lastword));
                      filter.setAsyncSupported(true);
                      context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST));
                    });
              }
            })
        .start(0);
  }

  private static String leave(int port) throws Exception {
    try (var reader = new Reader(port, "GET", "/chat", "Accept: text/event-stream")) {
      assertThat(reader.until("data: Hel")).isTrue();
      return reader.value("lastword-stream");
    }
  }

  private static @Nullable Outcome outcome(Lastword lastword) {
    var all = lastword.list(Owner.ANONYMOUS, new StreamQuery(null, null, null, null, null, 10));
    assertThat(all).hasSize(1);
    return all.getFirst().outcome();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoLeavesHalfWayLosesTheAnswerWithoutTheFilter(boolean kept) throws Exception {
    try (var lastword = Lastword.embedded(dir)) {
      var server = start(lastword, kept);
      try {
        var id = leave(server.port());
        more.countDown();
        assertThat(returned.await(60, TimeUnit.SECONDS)).isTrue();
        if (kept) {
          assertThat(saved).hasSize(1);
          await().atMost(PATIENCE).until(() -> outcome(lastword) == Outcome.COMPLETED);
          try (var reader = new Reader(server.port(), "GET", "/lastword/streams/" + id)) {
            assertThat(reader.endsCleanly()).isTrue();
            assertThat(reader.lines).contains("data: Hel", "data: [DONE]");
          }
        } else {
          assertThat(id).isEmpty();
          assertThat(saved).isEmpty();
        }
        assertThat(calls).hasValue(1);
      } finally {
        server.stop();
      }
    }
  }
}
