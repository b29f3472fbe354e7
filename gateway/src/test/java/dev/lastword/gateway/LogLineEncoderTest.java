package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import org.junit.jupiter.api.Test;

class LogLineEncoderTest {
  @Test
  void givenWordsThatCouldForgeALine_thenTheyAreEscaped() {
    var logger = new LoggerContext().getLogger("test");
    var failure = new IllegalStateException("bad\r\nnews\u001b[31m");
    var event =
        new LoggingEvent(
            "",
            logger,
            Level.WARN,
            "relay.failed path={}",
            failure,
            new Object[] {"/x\n2026 INFO forged\u2028"});

    var line = new String(new LogLineEncoder().encode(event), UTF_8);

    assertThat(line)
        .matches(
            "\\S+Z WARN  relay\\.failed path=/x\\\\u000a2026 INFO forged\\\\u2028 exception=java\\.lang\\.IllegalStateException message=\"bad\\\\u000d\\\\u000anews\\\\u001b\\[31m\" at=[^\n]*\n");
  }
}
