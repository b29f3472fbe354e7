package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.stream.Resume;
import dev.lastword.stream.StreamOptions;
import dev.lastword.stream.Subscriber;
import dev.lastword.testing.ScriptedSubscriber.Pace;
import dev.lastword.testing.ScriptedSubscriber.Where;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers come, go, come back and fall behind, and change nothing for anyone else. */
@NullUnmarked // what a test expects to be there fails the test if it is not
class ReaderTest {
  private static Setup residentBytes(int bytes) {
    var d = StreamOptions.DEFAULT;
    return Setup.DEFAULT.options(
        new StreamOptions(
            d.tail(),
            d.endingSilence(),
            d.idle(),
            d.duration(),
            d.responseBytesMax(),
            d.eventBytesMax(),
            d.pendingBytesMax(),
            bytes,
            d.generationsMax(),
            d.retaining(),
            d.saving()));
  }

  private static Pace pace(Random random) {
    return List.of(Pace.EAGER, Pace.SLOW, Pace.STALLED).get(random.nextInt(3));
  }

  private static void emit(World world, String name, int from, int to) {
    IntStream.range(from, to).forEach(i -> world.emit(name, "word-" + i + " "));
  }

  @Test
  void givenAReaderThatLeaves_whenItComesBackWithItsLastId_thenItSeesTheRestExactlyOnce() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    emit(world, "chat-1", 0, 3);
    world.leave(subscriber);
    emit(world, "chat-1", 3, 6);
    assertThat(subscriber.data()).hasSize(3);
    assertThat(subscriber.lastEventId()).isEqualTo("1-3");

    world.comeBack(subscriber);
    world.finish("chat-1");

    assertThat(subscriber.data()).hasSize(9).doesNotHaveDuplicates().endsWith("[DONE]");
  }

  @Test
  void givenAReaderThatSawTheTerminalEvent_whenItComesBack_thenItIsAtTheEnd() {
    var world = World.seeded(7);
    var stream = world.open("chat-1").stream();
    var subscriber = world.subscriber("chat-1");
    world.finish("chat-1");

    world.comeBack(subscriber);

    assertThat(subscriber.where()).isEqualTo(Where.AT_END);
    assertThat(stream.resume(1, stream.view().events())).isEqualTo(new Resume.AtEnd());
  }

  /** Events of the next answer would have ids of this one, and its receipt. */
  @Test
  void givenASlowReaderOfAnAnswerAtRest_whenAnotherHasItsId_thenItIsToldThatItsOwnIsDeleted() {
    var world = World.of(7, residentBytes(0).hooks(0).archiveRunEvents(2));
    world.open("chat-1");
    emit(world, "chat-1", 0, 6);
    world.finish("chat-1");
    world.pass(Duration.ofSeconds(5));
    assertThat(world.streams().unarchived()).isZero();
    var slow = world.newSubscriber(world.upstream("chat-1"));
    slow.pace(Pace.SLOW);
    world.comeBack(slow);
    for (int i = 0; slow.data().size() < 2; i++) {
      assertThat(i).isLessThan(10);
      world.read(slow);
    }

    world.delete("chat-1");
    NextLife.of(world, "chat-1").answers("a", "b", "c", "d", "e", "f", "g", "h");
    world.pass(Duration.ofSeconds(5));
    assertThat(world.streams().unarchived()).isZero();
    for (int i = 0; i < 4 && slow.notices().isEmpty(); i++) {
      world.read(slow);
    }

    assertThat(slow.notices()).containsExactly("deleted");
    assertThat(slow.data()).hasSize(2);
  }

  @Test
  void givenAnIdThatNeverWas_whenAReaderNamesIt_thenItIsRefused() {
    var world = World.seeded(7);
    var stream = world.open("chat-1").stream();
    emit(world, "chat-1", 0, 2);

    assertThat(stream.resume(1, 2)).isEqualTo(new Resume.After(2));
    assertThat(stream.resume(1, 3)).isEqualTo(new Resume.Unknown());
    assertThat(stream.resume(2, 2)).isEqualTo(new Resume.Unknown());
    assertThat(stream.resume(1, 0)).isEqualTo(new Resume.Unknown());
  }

  @Test
  void
      givenABrokenStream_whenItWasEndedUnderALaterEpoch_thenItsIdsNameTheEpochsTheyWereSeenUnder() {
    var world = World.seeded(7);
    world.open("chat-1");
    var subscriber = world.subscriber("chat-1");
    emit(world, "chat-1", 0, 2);
    world.restart();

    world.comeBack(subscriber);

    assertThat(subscriber.lastEventId()).isEqualTo("2-3");
    assertThat(world.view("chat-1").eventId(2)).isEqualTo("1-2");
    assertThat(world.upstream("chat-1").stream().resume(1, 3)).isEqualTo(new Resume.Unknown());
  }

  @Test
  void givenAStalledReader_whenTheStreamGoesOn_thenOthersSeeItAllAndNothingIsQueuedForIt() {
    var world = World.seeded(7);
    world.open("chat-1");
    var loop = world.loops().get(1);
    var stalled = world.subscriber("chat-1", loop);
    stalled.pace(Pace.STALLED);
    var healthy = world.subscriber("chat-1", loop);
    emit(world, "chat-1", 0, 50);
    world.finish("chat-1");

    assertThat(healthy.where()).isEqualTo(Where.AT_END);
    assertThat(stalled.data()).isEmpty();
    assertThat(loop.size()).isZero();
    assertThat(world.upstream("chat-1").isPaused()).isFalse();
  }

  @Test
  void givenAReadersLoopThatHangs_whenTheStreamGoesOn_thenOneTaskWaitsThereHoweverLongItHangs() {
    var world = World.seeded(7);
    world.open("chat-1");
    var hanging = world.loops().get(1);
    var behind = world.subscriber("chat-1", hanging);
    var other = world.subscriber("chat-1", world.loops().get(0));
    hanging.stall(true);
    emit(world, "chat-1", 0, 200);
    world.finish("chat-1");

    assertThat(other.where()).isEqualTo(Where.AT_END);
    assertThat(hanging.size()).isEqualTo(1);

    hanging.stall(false);
    world.runUntilQuiet();
    assertThat(behind.data()).isEqualTo(other.data());
  }

  @Test
  void givenBlocksThatLeftMemory_whenASlowReaderComesToThem_thenItReadsThemFromTheJournal() {
    var world = World.of(7, residentBytes(0));
    world.open("chat-1");
    var slow = world.subscriber("chat-1");
    slow.pace(Pace.SLOW);
    world.hook().always(ScriptedHook.Reply.HANG);
    emit(world, "chat-1", 0, 20);
    for (int i = 0; i < 40; i++) {
      world.read(slow);
    }

    assertThat(slow.data()).hasSize(20).doesNotHaveDuplicates();
    assertThat(slow.notices()).isEmpty();
  }

  @Test
  void givenAStreamThatMovedToTheArchive_whenASlowReaderReadsOn_thenItSkipsNothing() {
    var world = World.of(7, residentBytes(0).archiveRunEvents(2));
    var upstream = world.open("chat-1");
    for (int i = 0; i < 9; i++) {
      Answers.text(upstream, 0, "word-" + i);
    }
    world.sayOn("chat-1"); // one block of nine events, which the archive gives in runs of two
    var slow = world.subscriber("chat-1");
    slow.pace(Pace.SLOW);
    world.leave(slow);
    slow.forget();
    world.finish("chat-1");
    fillJournalSegments(world);

    world.comeBack(slow);
    for (int i = 0; i < 40; i++) {
      world.read(slow);
    }

    assertThat(slow.where()).isEqualTo(Where.AT_END);
    assertThat(slow.data()).hasSize(12).doesNotHaveDuplicates();
  }

  @Test
  void givenAReaderWithinAStream_whenItMovesToTheArchiveBehindIt_thenItSkipsNothing() {
    var world = World.of(7, residentBytes(0).archiveRunEvents(2));
    var upstream = world.open("chat-1");
    for (int i = 0; i < 9; i++) {
      Answers.text(upstream, 0, "word-" + i);
    }
    world.sayOn("chat-1");
    var slow = world.newSubscriber(upstream);
    slow.pace(Pace.SLOW);
    slow.connect(world.up(), world.loops().get(1));
    world.runUntilQuiet();
    world.finish("chat-1");
    fillJournalSegments(world);

    for (int i = 0; i < 40; i++) {
      world.read(slow);
    }

    assertThat(slow.where()).isEqualTo(Where.AT_END);
    assertThat(slow.data()).hasSize(12).doesNotHaveDuplicates();
  }

  /** Other streams fill segments until those of the first are let go. */
  private static void fillJournalSegments(World world) {
    for (int i = 0; i < 8; i++) {
      var name = "filler-" + i;
      world.open(name);
      world.emit(name, "x".repeat(30_000));
      world.finish(name);
      world.pass(Duration.ofSeconds(1));
    }
    assertThat(world.streams().unarchived()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3_000, 9_000, 1 << 20})
  void givenALongStream_whenReadersFallBehindLeaveAndComeBack_thenEachSeesEveryEventOnce(
      int residentBytes) {
    for (long seed = 1; seed <= 5; seed++) {
      var random = new Random(seed);
      var world = World.of(seed, residentBytes(residentBytes));
      world.open("chat-1");
      var readers = new ArrayList<ScriptedSubscriber>();
      for (int i = 0; i < 400; i++) {
        world.emit("chat-1", "word-" + i + " ");
        if (i % 20 == 0) {
          var reader = world.subscriber("chat-1", world.loops().get(i / 20 % 2));
          reader.pace(pace(random));
          readers.add(reader);
        }
        var any = readers.get(random.nextInt(readers.size()));
        switch (random.nextInt(4)) {
          case 0 -> any.pace(pace(random));
          case 1 -> {
            world.leave(any);
            world.comeBack(any);
          }
          default -> world.read(any);
        }
      }
      world.finish("chat-1");
      for (var reader : readers) {
        reader.pace(Pace.EAGER);
        world.leave(reader);
        world.comeBack(reader);
        assertThat(reader.where()).as("seed %d", seed).isEqualTo(Where.AT_END);
        assertThat(reader.notices()).isEmpty();
        assertThat(reader.data()).as("seed %d", seed).isEqualTo(readers.getFirst().data());
      }
      assertThat(readers.getFirst().data()).hasSize(403).doesNotHaveDuplicates();
    }
  }

  @Test
  void givenManyReadersOnManyLoops_whenTheStreamEnds_thenAllHaveSeenTheSame() {
    var world = World.of(7, Setup.DEFAULT.homes(2));
    world.open("chat-1");
    for (int i = 0; i < 1_200; i++) {
      world.newSubscriber(world.upstream("chat-1")).connect(world.up(), world.loops().get(i % 3));
    }
    emit(world, "chat-1", 0, 3);
    world.finish("chat-1");

    assertThat(world.subscribers()).allMatch(each -> each.where() == Where.AT_END);
    assertThat(world.subscribers()).allMatch(each -> each.data().size() == 6);
    assertThat(world.view("chat-1").subscribers()).isZero();
  }

  @Test
  void givenAReaderThatThrows_whenItIsWoken_thenOnlyItsOwnCursorIsClosed() {
    var world = World.seeded(7);
    var upstream = world.open("chat-1");
    var loop = world.loops().get(1);
    var before = world.subscriber("chat-1", loop);
    var throwing =
        new Subscriber() {
          @Override
          public Executor executor() {
            return loop;
          }

          @Override
          public void wake() {
            throw new IllegalStateException("broken reader");
          }

          @Override
          public void notice(String code, String message) {
            throw new IllegalStateException("broken reader");
          }
        };
    var cursor = upstream.stream().subscribe(throwing, 0);
    var after = world.subscriber("chat-1", loop);
    world.finish("chat-1");

    assertThat(before.data()).hasSize(3).isEqualTo(after.data());
    assertThat(cursor.stream().view().subscribers()).isZero();
  }

  @Test
  void givenAStreamWhoseCreationIsNotOnDisk_whenSomebodyLooksForIt_thenItIsNotThere() {
    var world = World.seeded(7);
    var upstream = world.opening("chat-1", Answers.chat(), 1, Map.of());
    while (upstream.stream() == null) {
      var reader = world.newSubscriber(upstream);
      reader.connect(world.up(), world.loops().get(1));
      world.runTask(Lane.Kind.READERS);
      world.runTask(Lane.Kind.ENGINE);
      assertThat(reader.where() == Where.CONNECTED && upstream.stream() == null).isFalse();
    }
    world.runUntilQuiet();
    assertThat(world.subscriber("chat-1").where()).isEqualTo(Where.CONNECTED);
  }
}
