package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.archive.Archive;
import dev.lastword.dialect.Dialects;
import dev.lastword.stream.Answer;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamView;
import dev.lastword.stream.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** What is answered about streams while something becomes of them. */
@NullUnmarked // what a test expects to be there fails the test if it is not
class CatalogTest {
  private static final String CHAT = "/v1/chat/completions";

  private static void open(World world, String name, Map<String, String> attributes) {
    world.opening(name, Dialects.ofPath(CHAT), 1, attributes);
    world.runUntilQuiet();
  }

  private static void answer(World world, String name, Map<String, String> attributes) {
    open(world, name, attributes);
    world.emit(name, "Hello");
    world.finish(name);
  }

  private static <T> T ask(World world, Consumer<Answer<T>> question) {
    var answers = new ArrayList<T>();
    question.accept(
        new Answer<>() {
          @Override
          public void succeeded(T value) {
            answers.add(value);
          }

          @Override
          public void failed(RuntimeException cause) {
            throw cause;
          }
        });
    world.runUntilQuiet();
    return answers.getFirst();
  }

  private static List<StreamView> list(World world, Archive.Place before, int limit) {
    var query = new StreamQuery(null, null, null, null, before, limit);
    return ask(world, asked -> world.streams().list(Owner.ALL, query, asked));
  }

  private static List<String> ids(List<StreamView> views) {
    return views.stream().map(view -> view.id().value()).toList();
  }

  /** Fewer than were asked for are taken for the last. */
  @Test
  void givenAStreamThatIsBeingDeleted_whenListed_thenAnOlderOneStandsInItsPlace() {
    var world = World.seeded(7);
    for (int i = 1; i <= 4; i++) {
      answer(world, "chat-" + i, Map.of());
      world.pass(Duration.ofSeconds(1));
    }
    world.archive().failStores(true);
    assertThat(world.delete("chat-4")).as("not told while the archive refuses").isEmpty();

    var first = list(world, null, 2);
    assertThat(ids(first)).containsExactly(World.id("chat-3").value(), World.id("chat-2").value());
    var last = first.getLast();
    assertThat(ids(list(world, new Archive.Place(last.createdMs(), last.id()), 2)))
        .containsExactly(World.id("chat-1").value());
  }

  @Test
  void givenAnAnswerThatCannotBeRead_whenItsConversationIs_thenTheOthersAreToldAndItSaysWhy() {
    var world = World.seeded(7);
    var attributes = Map.of(Attributes.CONVERSATION, "c");
    answer(world, "chat-1", attributes);
    answer(world, "chat-2", attributes);
    world.pass(Duration.ofSeconds(5));
    world.archive().damageResponse(World.id("chat-1"));

    List<Turn> turns = ask(world, asked -> world.streams().conversation(Owner.ALL, "c", 10, asked));

    assertThat(turns).extracting(Turn::text).containsExactlyInAnyOrder("", "Hello");
    assertThat(turns).extracting(Turn::unreadable).containsExactlyInAnyOrder("corrupt", null);
  }

  @Test
  void givenAClockThatWasSetBack_whenFoundByItsName_thenItIsTheOneThatWasOpenedLast() {
    var world = World.seeded(7);
    world.clock().jumpWallClock(7_200_000);
    var named = Map.of(Attributes.NAME, "chat", Attributes.PATH, CHAT);
    answer(world, "first", named);
    world.pass(Duration.ofSeconds(5));
    world.clock().jumpWallClock(-3_600_000);

    open(world, "second", named);
    assertThat(named(world)).as("while it runs").contains(World.id("second").value());
    world.emit("second", "Hello");
    world.finish("second");
    world.pass(Duration.ofSeconds(5));
    assertThat(named(world)).as("at rest").contains(World.id("second").value());

    world.archive().failStores(true);
    world.clock().jumpWallClock(-1_800_000);
    answer(world, "third", named);
    open(world, "fourth", named);
    world.clock().jumpWallClock(-900_000);
    open(world, "fifth", named);
    assertThat(named(world)).as("of those in the journal").contains(World.id("fifth").value());
  }

  private static Optional<String> named(World world) {
    Optional<Stream> found =
        ask(world, asked -> world.streams().findNamed(Owner.ALL, "chat", CHAT, asked));
    return found.map(stream -> stream.id().value());
  }

  /** The bound that an answer has to keep within is reached while it is put together. */
  @Test
  void givenAnAnswerThatOutgrowsItsBound_whenItIsPutTogether_thenItsMemoryIsGivenBack() {
    var world = World.of(7, Setup.DEFAULT.hooks(0).memoryBytes(4 << 20));
    world.open("long");
    while (world.view("long").bytes() < 500_000) { // of 523,264
      world.emit("long", "x".repeat(1_000));
    }
    world.pass(Duration.ofSeconds(5));
    assertThat(world.archive().find(World.id("long")).orElseThrow().events()).isPositive();
    long before = world.server().memory().taken();
    var once = new AtomicBoolean(true);
    world
        .archive()
        .beforeRead(
            () -> {
              if (once.getAndSet(false)) {
                for (int i = 0; i < 60; i++) {
                  world.emit("long", "y".repeat(1_000));
                }
              }
            });

    world
        .streams()
        .response(
            Owner.ALL,
            World.id("long"),
            new Answer<>() {
              @Override
              public void succeeded(Optional<String> json) {}

              @Override
              public void failed(RuntimeException cause) {}
            });
    world.pass(Duration.ofSeconds(5));

    assertThat(once).as("it was read").isFalse();
    assertThat(world.server().memory().taken()).isLessThan(before + (200 << 10));
  }
}
