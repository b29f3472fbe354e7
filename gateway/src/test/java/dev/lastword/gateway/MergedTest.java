package dev.lastword.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.cluster.Shard;
import io.netty.buffer.ByteBuf;
import io.netty.channel.DefaultEventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One answer of those of several shards. */
class MergedTest {
  private static final HttpHeaders NONE = new DefaultHttpHeaders();

  private static int deletion(int... statuses) {
    var answers = new ArrayList<Gathering.Answer>();
    for (int status : statuses) {
      var shard = new Shard(answers.size() + 1);
      answers.add(new Gathering.Answer(shard, status, new DefaultHttpHeaders(), new byte[0]));
    }
    var told = new ArrayList<Integer>();
    var head =
        new RequestHead(
            HttpMethod.DELETE, "1.1", "/api/conversations/talk", Optional.empty(), NONE, 0);
    var loop = new DefaultEventLoop();
    try {
      var exchange = new InnerExchange(new Loop(loop), head, telling(told));
      Merged.deletion(exchange, new Gathering.Gathered(answers, List.of(), List.of()));
    } finally {
      var _ = loop.shutdownGracefully();
    }
    assertThat(told).hasSize(1);
    return told.getFirst();
  }

  private static InnerExchange.Told telling(List<Integer> told) {
    return new InnerExchange.Told() {
      @Override
      public void head(int status, HttpHeaders headers) {
        told.add(status);
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
}
