package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseReaderTest {
  private static final String TWO_RESPONSES =
      """
      HTTP/1.1 200 OK\r
      Transfer-Encoding: chunked\r
      Lastword-Stream: abc\r
      \r
      5\r
      hello\r
      A;x=1\r
      0123456789\r
      0\r
      \r
      HTTP/1.1 429 Too Many\r
      Retry-After: 1\r
      transfer-encoding: chunked\r
      \r
      00\r
      Trailer: yes\r
      \r
      """;

  private final List<String> seen = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 11, 1000})
  void givenTwoResponses_whenReadInPieces_thenBothAreSeen(int piece) {
    read(TWO_RESPONSES, piece);

    assertThat(String.join("", seen)).isEqualTo("(200 abc)hello0123456789(end)(429 )(end)");
  }

  @Test
  void givenNoChunkSize_whenRead_thenItIsRefused() {
    assertThatThrownBy(() -> read("HTTP/1.1 200 OK\r\n\r\ndata: x\n\n", 1000))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("not a chunk size");
  }

  @Test
  void givenAnotherProtocol_whenRead_thenItIsRefused() {
    assertThatThrownBy(() -> read("SSH-2.0-OpenSSH\r\n\r\n", 1000))
        .hasMessageContaining("not HTTP/1.1");
  }

  private void read(String text, int piece) {
    var bytes = text.getBytes(ISO_8859_1);
    var reader = new ResponseReader(new Seen());
    for (int at = 0; at < bytes.length; at += piece) {
      reader.accept(bytes, at, Math.min(bytes.length, at + piece));
    }
  }

  private final class Seen implements ResponseReader.Sink {
    @Override
    public void head(int status, String fields) {
      seen.add("(" + status + " " + ResponseReader.field(fields, "lastword-stream") + ")");
    }

    @Override
    public void body(byte[] bytes, int from, int to) {
      seen.add(new String(bytes, from, to - from, ISO_8859_1));
    }

    @Override
    public void end() {
      seen.add("(end)");
    }
  }
}
