package dev.lastword.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The same controllers as the other tests', as they are without the edge: what those tests find
 * whole is lost here, so that they can fail.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class WithoutTheEdgeTest {
  @TempDir Path dir;

  @Test
  void inSpringMvc() throws Exception {
    try (var application = MvcTest.run(dir, false)) {
      endIsSaidBeforeTheSave(application, MvcTest.port(application), "GET", "flux");
      endIsSaidBeforeTheSave(application, MvcTest.port(application), "POST", "emitter");
      leavingStopsTheAnswer(application, MvcTest.port(application));
      leavingAtTheEndingLosesWhatIsWrittenByHand(application, MvcTest.port(application));
    }
  }

  @Test
  void inWebFlux() throws Exception {
    try (var application = FluxTest.run(dir, false)) {
      endIsSaidBeforeTheSave(application, FluxTest.port(application), "GET", "flux");
      leavingStopsTheAnswer(application, FluxTest.port(application));
    }
  }

  private static void endIsSaidBeforeTheSave(
      ConfigurableApplicationContext application, int port, String method, String name)
      throws Exception {
    var model = application.getBean(Model.class);
    model.reset();
    model.holdSave();
    try (var reader = RawReader.ask(port, method, "/edge/" + name)) {
      reader.until("data:[DONE]"); // and a reader leaves here
      assertThat(model.saved).doesNotContainKey(name);
      assertThat(reader.header("Lastword-Stream")).isEmpty();
    } finally {
      model.letSave();
    }
  }

  private static void leavingStopsTheAnswer(ConfigurableApplicationContext application, int port)
      throws Exception {
    var model = application.getBean(Model.class);
    model.reset();
    try (var reader = RawReader.ask(port, "GET", "/edge/endless")) {
      reader.until("data:tick");
    }
    assertThat(model.awaitCancelled()).isTrue();
  }

  /** The first write after a reader has left succeeds; a later one throws, before the save. */
  private static void leavingAtTheEndingLosesWhatIsWrittenByHand(
      ConfigurableApplicationContext application, int port) throws Exception {
    var model = application.getBean(Model.class);
    model.reset();
    model.holdHalf();
    try (var reader = RawReader.ask(port, "POST", "/edge/by-hand")) {
      reader.until("data:[DONE]");
    }
    assertThat(model.awaitCancelled()).isTrue();
    assertThat(model.saved).isEmpty();
  }
}
