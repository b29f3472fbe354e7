package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.Dialects;
import dev.lastword.stream.StreamOptions;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A body that ends inside of an event. */
class UnfinishedTest {
  private static final int EVENT_BYTES_MAX = 4 << 10;

  private static StreamOptions options() {
    var d = StreamOptions.DEFAULT;
    return new StreamOptions(
        d.tail(),
        d.endingSilence(),
        d.idle(),
        d.duration(),
        d.responseBytesMax(),
        EVENT_BYTES_MAX,
        d.pendingBytesMax(),
        d.residentBytesMax(),
        d.generationsMax(),
        d.retaining(),
        d.saving());
  }

  @ParameterizedTest
  @ValueSource(strings = {"d", "data", "data:", "data: "})
  void givenAnEventAtItsBound_whenTheBodyEndsInOneMoreLineOfIt_thenTheStreamEndsAtOnce(
      String line) {
    for (int length = EVENT_BYTES_MAX - 20; length <= EVENT_BYTES_MAX + 1; length++) {
      var world = World.of(7, Setup.DEFAULT.options(options()));
      var upstream = world.open("cut-off", Dialects.ofPath("/any"), 1);
      upstream.scriptRaw("data: " + "x".repeat(length) + "\n" + line);

      world.close("cut-off", true);
      world.pass(Duration.ofSeconds(1));

      assertThat(world.view("cut-off").outcome()).as("of %d bytes", length).isNotNull();
    }
  }
}
