package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.journal.Outcome;
import dev.lastword.stream.Receipt;
import dev.lastword.testing.FaultyDisk.Crash;
import dev.lastword.testing.ScriptedHook.Reply;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is signed of a stream, in every way that one can end; {@link ReceiptPromises} compares it
 * with what readers read and the disk has.
 */
class ReceiptsTest {
  private static Receipt receipt(World world) {
    return PlainReceipts.read(world.view("chat-1").receipt());
  }

  @Test
  void givenAnAnswerThatItsHookHas_thenTheReceiptSaysBoth() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    world.emit("chat-1", "Hello");
    world.hook().next(Reply.LOST);
    world.finish("chat-1");
    assertThat(world.view("chat-1").receipt()).isEmpty();

    world.pass(Duration.ofMinutes(1));

    assertThat(subscriber.data()).hasSize(4);
    assertThat(receipt(world).hooks()).containsExactly("hook-1");
    assertThat(receipt(world).last()).isEqualTo("1-4");
    assertThat(receipt(world).outcome()).isEqualTo(Outcome.COMPLETED);
    assertThat(world.hook().stored(World.id("chat-1")).orElseThrow().sha256())
        .isEqualTo(receipt(world).sha256());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void givenAnAnswerThatItsHookHas_thenThatAndTheReceiptAreOneFlush(long seed) {
    var world = World.seeded(seed);
    world.open("chat-1");
    world.emit("chat-1", "Hello");
    world.runUntilQuiet();
    var forces = new AtomicInteger();
    world.disk().beforeForce(forces::incrementAndGet);

    world.finish("chat-1");
    world.runUntilQuiet();

    assertThat(receipt(world).hooks()).containsExactly("hook-1");
    assertThat(forces).as("flushes: the answer; its save with its outcome").hasValue(2);
  }

  @Test
  void givenACancelledAnswer_thenItsReceiptIsOfThePartialAndOfWhyItEnds() {
    var world = World.seeded(7);
    world.open("chat-1");
    world.emit("chat-1", "Hello");

    world.cancel("chat-1");

    assertThat(receipt(world).outcome()).isEqualTo(Outcome.CANCELLED);
    assertThat(receipt(world).events()).isEqualTo(world.view("chat-1").events());
    assertThat(receipt(world).hooks()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Crash.class)
  void givenAnOpenStream_whenThePowerGoesOut_thenItIsSignedAsInterrupted_andStaysSo(Crash mode) {
    var world = World.seeded(7);
    world.open("chat-1");
    world.emit("chat-1", "Hello");

    world.powerCut(mode);
    world.start();
    world.runUntilQuiet();
    var receipt = receipt(world);
    world.powerCut(mode);
    world.start();
    world.runUntilQuiet();

    assertThat(receipt.outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThat(receipt.last()).isEqualTo("2-2");
    assertThat(receipt(world)).isEqualTo(receipt);
  }

  @Test
  void givenALongStreamWhoseBeginningIsArchived_whenTheProcessDies_thenAllOfItIsSigned() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    for (int i = 0; i < 12; i++) {
      world.emit("chat-1", "x".repeat(32 << 10));
    }
    world.runUntilQuiet();

    world.kill();
    world.start();
    world.runUntilQuiet();
    world.comeBack(subscriber);

    assertThat(subscriber.data()).hasSize(13);
    assertThat(receipt(world).events()).isEqualTo(13);
    assertThat(receipt(world).outcome()).isEqualTo(Outcome.INTERRUPTED);
  }
}
