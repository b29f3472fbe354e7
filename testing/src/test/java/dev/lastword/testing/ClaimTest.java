package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.journal.Entry;
import dev.lastword.journal.FencingToken;
import dev.lastword.journal.ForwardingJournal;
import dev.lastword.journal.Outcome;
import dev.lastword.sse.Framing;
import dev.lastword.stream.Admission;
import dev.lastword.stream.Answer;
import dev.lastword.stream.Attributes;
import dev.lastword.stream.OpenListener;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Place;
import dev.lastword.stream.Stream;
import dev.lastword.stream.StreamQuery;
import dev.lastword.stream.StreamRequest;
import dev.lastword.testing.FaultyDisk.Crash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is asked of an upstream under an id is known after a crash, whether or not it answered. */
class ClaimTest {
  private static final String NAME = "chat-1";
  private final World world = World.seeded(7);
  private final List<Object> told = new ArrayList<>();

  private Place admitted() {
    var places = new ArrayList<Admission>();
    world.streams().admit(World.id(NAME), places::add);
    world.runUntilQuiet();
    if (places.getFirst() instanceof Admission.Admitted(Place place)) {
      return place;
    }
    throw new AssertionError("not admitted: " + places);
  }

  private Place claimed() {
    var place = admitted();
    world.streams().claim(place, Owner.ANONYMOUS, Map.of("request", "r-1"), told::add);
    world.runUntilQuiet();
    assertThat(told).containsExactly(Optional.empty());
    return place;
  }

  private void open(Place place) {
    var home = world.up().homes().getFirst();
    var upstream =
        new ScriptedUpstream(
            World.id(NAME), Dialects.ofPath("/chat/completions"), 1, world.clock());
    var request =
        new StreamRequest(
            Owner.ANONYMOUS,
            Dialects.ofPath("/chat/completions"),
            Framing.EVENTS,
            RequestFacts.NONE,
            Map.of("request", "r-1"));
    home.execute(
        () ->
            world
                .streams()
                .open(
                    place,
                    request,
                    home,
                    upstream,
                    new OpenListener() {
                      @Override
                      public void opened(Stream stream) {
                        told.add("opened");
                      }

                      @Override
                      public void refused(OpenRefusal why) {
                        told.add(why);
                      }
                    }));
    world.runUntilQuiet();
  }

  private static <T> Answer<T> answer(Consumer<T> told) {
    return new Answer<>() {
      @Override
      public void succeeded(T value) {
        told.accept(value);
      }

      @Override
      public void failed(RuntimeException cause) {
        throw cause;
      }
    };
  }

  private boolean isFound() {
    var found = new ArrayList<Boolean>();
    world
        .streams()
        .find(Owner.ANONYMOUS, World.id(NAME), answer(stream -> found.add(stream.isPresent())));
    world.runUntilQuiet();
    return found.getFirst();
  }

  private int listed() {
    var sizes = new ArrayList<Integer>();
    world
        .streams()
        .list(
            Owner.ALL,
            new StreamQuery(null, null, null, null, null, 10),
            answer(list -> sizes.add(list.size())));
    world.runUntilQuiet();
    return sizes.getFirst();
  }

  private void crash(Crash mode) {
    world.powerCut(mode);
    world.start();
    world.runUntilQuiet();
  }

  @Test
  void givenAClaim_thenNobodyFindsItAndNoListHasIt() {
    claimed();

    assertThat(isFound()).isFalse();
    assertThat(listed()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Crash.class)
  void givenAClaim_whenThePowerGoesOut_thenItIsAnInterruptedStreamThatSaysWhatItWas(Crash mode) {
    claimed();

    crash(mode);

    assertThat(world.view(NAME).outcome()).isEqualTo(Outcome.INTERRUPTED);
    assertThat(world.view(NAME).attributes())
        .containsKey(Attributes.CLAIM)
        .containsEntry("request", "r-1");
  }

  @ParameterizedTest
  @EnumSource(Crash.class)
  void givenAStreamThatCameOfAClaim_whenThePowerGoesOut_thenItIsTheStream(Crash mode) {
    open(claimed());
    assertThat(told).contains("opened");

    crash(mode);

    assertThat(world.view(NAME).attributes())
        .doesNotContainKey(Attributes.CLAIM)
        .containsEntry(Attributes.DIALECT, "openai-chat");
  }

  @ParameterizedTest
  @EnumSource(Crash.class)
  void givenAClaimThatWasTakenBack_whenThePowerGoesOut_thenThereIsNothing_andTheIdIsFree(
      Crash mode) {
    claimed().giveBack();
    world.runUntilQuiet();

    crash(mode);

    assertThat(isFound()).isFalse();
    assertThat(listed()).isZero();
    open(admitted());
    assertThat(told).contains("opened");
  }

  @Test
  void givenAClaimWhoseWithdrawalIsRefused_whenOthersAreArchived_thenTheJournalIsTrimmed() {
    world.kill();
    world.restart(
        Setup.DEFAULT.journal(
            journal ->
                new ForwardingJournal(journal) {
                  @Override
                  public void append(Entry entry, FencingToken fence, Ack ack) {
                    if (entry instanceof Entry.Deleted) {
                      ack.refused(new Refusal.Full(true));
                    } else {
                      inner.append(entry, fence, ack);
                    }
                  }
                }));
    claimed().giveBack();
    world.runUntilQuiet();

    for (int i = 0; i < 10; i++) {
      world.open("other-" + i);
      world.emit("other-" + i, "x".repeat(20_000));
      world.finish("other-" + i);
    }
    world.pass(Duration.ofSeconds(30));

    assertThat(world.up().journal().oldest() >>> 32).isGreaterThan(1);
  }

  @Test
  void givenOneWhoWaitsForTheId_whenTheClaimIsTakenBack_thenItIsAdmitted_andNotBefore() {
    var first = claimed();
    var second = new ArrayList<Admission>();
    world.streams().admit(World.id(NAME), second::add);
    world.runUntilQuiet();
    assertThat(second).isEmpty();

    first.giveBack();
    world.runUntilQuiet();

    assertThat(second).singleElement().isInstanceOf(Admission.Admitted.class);
  }

  /** It would be answered, and paid, by a process that goes. */
  @Test
  void givenOneWhoWaitsForTheId_whenTheProcessIsToGoMeanwhile_thenItIsRefused() {
    var first = claimed();
    var second = new ArrayList<Admission>();
    world.streams().admit(World.id(NAME), second::add);
    world.drain(Duration.ofMinutes(1));
    assertThat(second).isEmpty();

    first.giveBack();
    world.runUntilQuiet();

    assertThat(second).containsExactly(new Admission.Refused(new OpenRefusal.Draining()));
  }

  /** The archive, which never had the answer, says of its id that it is free. */
  @Test
  void givenAnAnswerOnItsWayOut_whenItsIdIsAskedFor_thenItIsTakenUntilTheArchiveHasHeard() {
    world.archive().failStores(true);
    world.open(NAME);
    world.emit(NAME, "Hello");
    world.finish(NAME);
    assertThat(world.delete(NAME)).as("not told while the archive refuses").isEmpty();
    var asked = new ArrayList<Admission>();
    world.streams().admit(World.id(NAME), asked::add);
    world.runUntilQuiet();
    assertThat(asked).containsExactly(new Admission.Refused(new OpenRefusal.IdTaken()));

    world.archive().failStores(false);
    world.pass(Duration.ofSeconds(6));

    open(admitted());
    assertThat(told).containsExactly("opened");
  }
}
