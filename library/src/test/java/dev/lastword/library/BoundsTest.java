package dev.lastword.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lastword.journal.StreamId;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.SavePolicy;
import dev.lastword.stream.StreamOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an answer may be, and how many there may be. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class BoundsTest {
  @TempDir Path dir;

  @Test
  void givenNothingIsAddedForLong_thenTheAnswerHasFailed() {
    var impatient = Rig.bounds(Duration.ofMillis(200), 10, StreamOptions.Saving.DEFAULT);
    try (var lastword = Lastword.at(dir).bounds(impatient).open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      assertThat(answer.ended().toCompletableFuture().join().reason()).isEqualTo("idle");
      assertThatThrownBy(() -> answer.send("late")).isInstanceOf(AnswerEndedException.class);
    }
  }

  @Test
  void givenAllPlacesAreTaken_thenAnotherAnswerIsRefusedUntilOneEnds() {
    var one = Rig.bounds(Duration.ofMinutes(5), 1, StreamOptions.Saving.DEFAULT);
    try (var lastword = Lastword.at(dir).bounds(one).open()) {
      var first = lastword.open("chat-1", Rig.ANN);
      var refused =
          catchThrowableOfType(NotOpenedException.class, () -> lastword.open("chat-2", Rig.ANN));
      assertThat(refused.why()).isEqualTo(new OpenRefusal.Overloaded(1));
      first.seal();
      lastword.open("chat-2", Rig.ANN).seal();
    }
  }

  @Test
  void givenAnIdIsTaken_thenNoSecondAnswerHasIt() {
    var request = AnswerRequest.of(Rig.ANN).id(new StreamId("an-answer-of-mine-1"));
    try (var lastword = Lastword.embedded(dir)) {
      lastword.open(request).seal();
      var refused = catchThrowableOfType(NotOpenedException.class, () -> lastword.open(request));
      assertThat(refused.why()).isEqualTo(new OpenRefusal.IdTaken());
    }
    assertThatThrownBy(() -> AnswerRequest.of(Owner.ALL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("owner");
  }

  @Test
  void givenASettingThatTellsBeforeItSaves_thenItIsRefused() {
    var saving = StreamOptions.Saving.DEFAULT;
    var early =
        new StreamOptions.Saving(
            saving.timeout(),
            saving.retryFirst(),
            saving.retryMax(),
            saving.hold(),
            saving.giveUp(),
            SavePolicy.JOURNAL,
            saving.patience());
    assertThatThrownBy(() -> Lastword.at(dir).bounds(Rig.bounds(Duration.ofMinutes(2), 10, early)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("saving.policy");
    for (var name : new String[] {"save-policy", "save", "owner", "dialect"}) {
      assertThatThrownBy(() -> AnswerRequest.of(Rig.ANN).with(name, "journal"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(name);
    }
  }

  @Test
  void givenLittleMemory_thenALongAnswerGoesThroughItAllTheSame() {
    try (var lastword = Lastword.at(dir).memoryBytes(1 << 20).open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      for (int i = 0; i < 20; i++) {
        answer.send("x".repeat(100_000));
      }
      var view = answer.seal();
      assertThat(view.bytes()).isGreaterThan(2_000_000);
    }
    assertThatThrownBy(() -> Lastword.at(dir).memoryBytes(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bytes");
  }

  @Test
  void givenAnAnswerThatCannotBePutTogether_whenASaverIsToHaveIt_thenItIsRejectedAndNobodyWaits() {
    try (var lastword = Lastword.at(dir).memoryBytes(1 << 20).open()) {
      var answer = lastword.open("chat-1", Rig.ANN);
      for (int i = 0; i < 20; i++) {
        answer.send("x".repeat(100_000));
      }
      assertThatThrownBy(() -> answer.seal(saved -> {}))
          .isInstanceOf(AnswerEndedException.class)
          .hasMessageContaining("save_rejected");
    }
  }

  @Test
  void givenAnEventIsTooLarge_thenItIsRefusedAndTheAnswerGoesOn() {
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      assertThatThrownBy(() -> answer.send("x".repeat(17 << 20)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("16777216");
      answer.send("y");
      answer.seal(saved -> assertThat(saved.text()).isEqualTo("y"));
    }
  }

  @Test
  void givenManyTokensAreSentAtOnce_thenAllOfThemAreReadInTheirOrder() {
    int tokens = 200_000;
    try (var lastword = Lastword.embedded(dir)) {
      var answer = lastword.open("chat-1", Rig.ANN);
      var reader = CompletableFuture.supplyAsync(() -> read(lastword, answer.id(), Rig.ANN));
      for (int i = 0; i < tokens; i++) {
        answer.send(i + " ");
      }
      var view = answer.seal();
      assertThat(view.events()).isEqualTo(tokens + 1);
      var data = Rig.data(reader.join());
      assertThat(data).hasSize(tokens + 1);
      for (int i = 0; i < tokens; i++) {
        assertThat(data.get(i)).isEqualTo("\"" + i + " \"");
      }
    }
  }

  private static String read(Lastword lastword, StreamId id, Owner owner) {
    return Rig.readAll(lastword.read(id, owner, "").orElseThrow());
  }
}
