package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.cluster.Shard;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import org.junit.jupiter.api.Test;

/** What a node is asked with in a client's place. */
class NodeFieldsTest {
  private static final String SECRET = "a-secret-of-nodes";

  private static HttpHeaders toNode(long contentLength, String... fields) {
    var headers = new DefaultHttpHeaders();
    for (int i = 0; i < fields.length; i += 2) {
      headers.add(fields[i], fields[i + 1]);
    }
    var head =
        new RequestHead(
            HttpMethod.POST,
            "1.1",
            "/api/streams/x/cancel",
            Authority.parse("chat.example.com"),
            headers,
            contentLength);
    return NodeFields.toNode(head, new Shard(3), SECRET);
  }

  @Test
  void givenAConnectionThatNamesTheFraming_thenTheBodyIsFramedAllTheSame() {
    var known = toNode(5, "Host", "x", "Connection", "Content-Length, host", "Content-Length", "5");
    assertThat(known.getAll("content-length")).containsExactly("5");
    assertThat(known.get("host")).isEqualTo("chat.example.com");
    assertThat(known.contains("connection")).isFalse();

    var chunked =
        toNode(
            RequestHead.UNKNOWN_LENGTH,
            "Connection",
            "transfer-encoding",
            "Transfer-Encoding",
            "chunked");
    assertThat(chunked.getAll("transfer-encoding")).containsExactly("chunked");
    assertThat(chunked.contains("content-length")).isFalse();
  }

  @Test
  void givenALengthOfABodyThatDoesNotCome_thenNoneIsAnnounced() {
    assertThat(toNode(0, "Content-Length", "5").get("content-length")).isEqualTo("0");
    assertThat(toNode(0).contains("content-length")).isFalse();
  }

  @Test
  void givenAConnectionThatNamesWhatNodesSay_thenItIsSaidAllTheSame() {
    var asked =
        toNode(
            0,
            "Connection",
            "lastword-node, lastword-node-shard, lastword-node-ask, lastword-node-as, x-hop",
            "Lastword-Node-Ask",
            "owner",
            "Lastword-Node-As",
            "administrator",
            "X-Hop",
            "one",
            "X-End",
            "two");
    assertThat(asked.get(NodeFields.NODE)).isEqualTo(SECRET);
    assertThat(asked.get(NodeFields.SHARD)).isEqualTo("3");
    assertThat(asked.get(NodeFields.ASK)).isEqualTo("owner");
    assertThat(asked.get(NodeFields.AS)).isEqualTo("administrator");
    assertThat(asked.contains("x-hop")).isFalse();
    assertThat(asked.get("x-end")).isEqualTo("two");
  }
}
