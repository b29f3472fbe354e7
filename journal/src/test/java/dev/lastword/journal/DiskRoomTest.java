package dev.lastword.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class DiskRoomTest {
  private final DiskRoom room = new DiskRoom();
  private final DiskRoom.Share one = room.share();
  private final DiskRoom.Share other = room.share();

  @Test
  void givenTwoWhoLookAtTheSameRoom_whenBothTakeIt_thenTheSecondSeesWhatIsLeft()
      throws IOException {
    assertThat(one.take(() -> 100, (free, held) -> 70)).isEqualTo(70);
    assertThat(other.take(() -> 100, (free, held) -> free - held)).isEqualTo(30);
    assertThat(one.take(() -> 100, (free, held) -> free - held))
        .as("its own is free to it")
        .isEqualTo(70);

    other.hold(0);
    assertThat(one.take(() -> 100, (free, held) -> free - held)).isEqualTo(100);
  }

  @Test
  void givenTooLittle_whenItIsRefused_thenNothingIsHeldByWhoAsked() throws IOException {
    one.hold(40);

    assertThatThrownBy(
            () ->
                one.take(
                    () -> 100,
                    (free, held) -> {
                      throw new IOException("200 wanted, " + (free - held) + " free");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("200 wanted, 100 free");

    assertThat(other.take(() -> 100, (free, held) -> free - held)).isEqualTo(100);
  }

  @Test
  void givenOneHoldsMoreThanThereIs_whenTheOtherLooks_thenLessThanNothingIsFree()
      throws IOException {
    one.hold(150);
    assertThat(other.take(() -> 100, (free, held) -> free - held)).isEqualTo(-50);
  }
}
