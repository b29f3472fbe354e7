package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.cluster.Shard;
import io.netty.buffer.ByteBuf;
import io.netty.channel.DefaultEventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One answer of those of several shards. */
class MergedTest {
  private static final HttpHeaders NONE = new DefaultHttpHeaders();
  private static final byte[] EMPTY_LIST =
      "{\"streams\":[],\"next\":null}".getBytes(StandardCharsets.UTF_8);

  /** The head of an answer. */
  private record Head(int status, HttpHeaders headers) {}

  private static int deletion(int... statuses) {
    return answer(HttpMethod.DELETE, "/api/conversations/talk", statuses).status();
  }

  private static Head list(int... statuses) {
    return answer(HttpMethod.GET, "/api/streams", statuses);
  }

  private static Head answer(HttpMethod method, String target, int... statuses) {
    var answers = new ArrayList<Gathering.Answer>();
    for (int status : statuses) {
      var shard = new Shard(answers.size() + 1);
      var body = status == 200 ? EMPTY_LIST : new byte[0];
      answers.add(new Gathering.Answer(shard, status, new DefaultHttpHeaders(), body));
    }
    var gathered = new Gathering.Gathered(answers, List.of(), Optional.empty());
    var told = new ArrayList<Head>();
    var head = new RequestHead(method, "1.1", target, Optional.empty(), NONE, 0);
    var loop = new DefaultEventLoop();
    try {
      var exchange = new InnerExchange(new Loop(loop), head, telling(told));
      if (method.equals(HttpMethod.DELETE)) {
        Merged.deletion(exchange, gathered);
      } else {
        Merged.list(exchange, head, gathered);
      }
    } finally {
      var _ = loop.shutdownGracefully();
    }
    assertThat(told).hasSize(1);
    return told.getFirst();
  }

  private static InnerExchange.Told telling(List<Head> told) {
    return new InnerExchange.Told() {
      @Override
      public void head(int status, HttpHeaders headers) {
        told.add(new Head(status, headers));
      }

      @Override
      public void part(ByteBuf part) {
        part.release();
      }

      @Override
      public void over(boolean complete) {}
    };
  }

  @ParameterizedTest
  @CsvSource({
    "204, 503, 404, 503",
    "404, 204, 401, 401",
    "503, 204, 204, 503",
    "404, 204, 404, 204",
    "404, 404, 404, 404"
  })
  void givenAShardThatRefuses_whenAConversationIsDeleted_thenItIsNotSaidToBeGone(
      int one, int two, int three, int said) {
    assertThat(deletion(one, two, three)).isEqualTo(said);
  }

  @Test
  void givenOneShard_whenAConversationIsDeleted_thenItsAnswerIsTheAnswer() {
    assertThat(deletion(204)).isEqualTo(204);
    assertThat(deletion(503)).isEqualTo(503);
  }

  @ParameterizedTest
  @CsvSource({"503, 200, 200, 1", "200, 429, 500, '2, 3'", "200, 200, 503, 3"})
  void givenShardsThatRefuseForNow_whenListed_thenTheyAreMissingInTheList(
      int one, int two, int three, String missing) {
    var list = list(one, two, three);

    assertThat(list.status()).isEqualTo(200);
    assertThat(list.headers().get(Front.MISSING)).isEqualTo(missing);
  }

  @ParameterizedTest
  @CsvSource({"400, 200, 200, 400", "200, 401, 503, 401", "503, 503, 429, 503"})
  void givenARefusalOfWhatIsAsked_orOfAll_whenListed_thenThatIsTheAnswer(
      int one, int two, int three, int said) {
    var list = list(one, two, three);

    assertThat(list.status()).isEqualTo(said);
    assertThat(list.headers().contains(Front.MISSING)).isFalse();
  }
}
