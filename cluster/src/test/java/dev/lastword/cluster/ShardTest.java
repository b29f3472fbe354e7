package dev.lastword.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lastword.journal.StreamId;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ShardTest {
  private static final String RANDOM = "AbCdEfGhIjKlMnOpQrStUvWx";

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 10, 999, 1_000, 9_999})
  void givenAShard_whenAnIdIsMade_thenItNamesTheShard(int number) {
    var shard = new Shard(number);

    var id = shard.newId();

    assertThat(Shard.of(id)).contains(shard);
    assertThat(shard.newId()).isNotEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        RANDOM, // as a single gateway gives them
        "s_" + RANDOM,
        "s0_" + RANDOM,
        "s01_" + RANDOM,
        "s10000_" + RANDOM,
        "s1x_" + RANDOM,
        "s1-" + RANDOM,
        "S1_" + RANDOM,
        "s1_" + RANDOM + "x",
        "s12" + RANDOM,
        "s1_AbCdEfGhIjKlMnOpQrStUvW"
      })
  void givenAnIdOfAnotherForm_whenAsked_thenItNamesNoShard(String id) {
    assertThat(Shard.of(new StreamId(id))).isEmpty();
  }

  @Test
  void givenIdsOfASingleGateway_whenAsked_thenNoneNamesAShard() {
    assertThat(Stream.generate(StreamId::random).limit(10_000))
        .allSatisfy(id -> assertThat(Shard.of(id)).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 10_000})
  void givenANumberOutOfItsBounds_whenMade_thenItIsRefused(int number) {
    assertThatThrownBy(() -> new Shard(number))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 to 9999");
  }
}
