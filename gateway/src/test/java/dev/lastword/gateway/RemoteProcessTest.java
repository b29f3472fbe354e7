package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.lastword.journal.Outcome;
import dev.lastword.library.Lastword;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SavedResponse;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The library against a gateway that is killed as {@code kill -9} does. */
@Timeout(240)
class RemoteProcessTest {
  private static final Owner ANN = Owner.of("ann");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path folder;

  private GatewayProcess start(int port) throws Exception {
    var process =
        GatewayProcess.start(
            folder,
            List.of(),
            Map.of(),
            List.of(
                "serve",
                "--upstream",
                "http://127.0.0.1:9",
                "--listen",
                "127.0.0.1:" + port,
                "--data",
                "d"));
    process.ready();
    return process;
  }

  @Test
  void givenAGatewayThatIsKilled_thenOpenAnswersAreInterrupted_andOnesBeingSavedAreSavedOnce()
      throws Exception {
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    var saved = new CopyOnWriteArrayList<SavedResponse>();
    var toSave = new CountDownLatch(1);
    var killed = start(port);
    try (var lastword =
        Lastword.at(URI.create("http://127.0.0.1:" + port)).patience(PATIENCE).open()) {
      var open = lastword.open("c", ANN);
      open.send("open");
      await()
          .atMost(PATIENCE)
          .until(() -> lastword.find(open.id(), ANN).orElseThrow().events() == 1);
      var sealed = lastword.open("c", ANN);
      sealed.send("sealed");
      var sealing =
          sealed
              .sealAsync(
                  response -> {
                    saved.add(response);
                    toSave.await();
                  })
              .toCompletableFuture();
      await().atMost(PATIENCE).until(() -> saved.size() == 1);

      killed.kill();
      toSave.countDown();
      try (var again = start(port)) {
        assertThat(again.process().isAlive()).isTrue();
        assertThat(sealing.get().outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(open.ended().toCompletableFuture().get().outcome())
            .isEqualTo(Outcome.INTERRUPTED);
        assertThat(saved).hasSize(1);
        assertThat(lastword.response(open.id(), ANN).orElseThrow()).contains("\"text\":\"open\"");
      }
    }
  }
}
