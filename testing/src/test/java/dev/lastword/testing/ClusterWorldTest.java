package dev.lastword.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lastword.cluster.Shard;
import dev.lastword.testing.ScriptedHook.Reply;
import dev.lastword.testing.ScriptedSubscriber.Where;
import dev.lastword.testing.Statement.Fate;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Nodes that die, stand still or hear nothing, one at a time. */
class ClusterWorldTest {
  private static final long TAKEN_OVER_MS = 20_000;

  private final ClusterWorld world = ClusterWorld.of(7, Setup.DEFAULT);

  private NodeProcess process(int number) {
    return Objects.requireNonNull(world.nodes().get(number).process());
  }

  /** Something that has begun on the first node. */
  private ScriptedUpstream begun() {
    var upstream = world.opening(process(0), "stream", Answers.chat(), 1, false, Map.of());
    world.runUntilQuiet();
    Answers.text(upstream, 0, "Hello");
    say(upstream);
    return upstream;
  }

  private void say(ScriptedUpstream upstream) {
    world.onHome(
        upstream,
        () -> {
          upstream.say(Integer.MAX_VALUE);
          upstream.end();
        });
    world.runUntilQuiet();
  }

  private static void script(ScriptedUpstream upstream) {
    Answers.finish(upstream);
    Answers.usage(upstream);
    Answers.done(upstream);
    upstream.scriptClose(ScriptedUpstream.Close.CLEAN);
  }

  private ScriptedSubscriber reader(ScriptedUpstream upstream, int by) {
    var reader = world.newSubscriber(upstream);
    comeBack(reader, by);
    return reader;
  }

  private void comeBack(ScriptedSubscriber reader, int by) {
    world.connect(reader, process(by), world.readerRandom());
    world.runUntilQuiet();
  }

  private static Shard shard(ScriptedUpstream upstream) {
    return ClusterWorld.shard(upstream.id());
  }

  @Test
  void givenThreeNodes_whenTheyStart_thenEachAnswersForAShardOfItsOwn() {
    assertThat(world.isHealthy()).isTrue();
    assertThat(world.store().shards()).hasSize(3);
    assertThat(world.processes()).allMatch(each -> each.answers(each.tenancy().own()));
  }

  @Test
  void givenAStreamOfOneNode_whenAReaderAsksAnother_thenItIsHandedOver() {
    var upstream = begun();
    world.pass(2_000); // until the others have looked who has what

    assertThat(reader(upstream, 2).data()).hasSize(1).first().asString().contains("Hello");
  }

  @Test
  void givenANodeThatIsKilled_whenItsLeaseIsOver_thenItsReadersReadOnElsewhere() {
    var upstream = begun();
    var reader = reader(upstream, 0);

    world.kill(world.nodes().getFirst());
    comeBack(reader, 1);
    assertThat(reader.where()).as("nobody has the shard yet").isEqualTo(Where.AWAY);
    world.pass(TAKEN_OVER_MS);
    comeBack(reader, 1);

    assertThat(reader.where()).isEqualTo(Where.AT_END);
    assertThat(reader.data()).hasSize(2).last().asString().contains("interrupted");
  }

  @Test
  void givenAnAnswerThatWasCompleteAndNotSaved_whenItsNodeIsKilled_thenAnotherSavesAndReleasesIt() {
    var upstream = begun();
    world.hooks().getFirst().always(Reply.FAIL);
    script(upstream);
    say(upstream);
    var reader = reader(upstream, 0);
    assertThat(reader.data()).hasSize(1);

    world.kill(world.nodes().getFirst());
    world.hooks().getFirst().always(Reply.ACKNOWLEDGE);
    world.pass(TAKEN_OVER_MS);
    comeBack(reader, 2);

    assertThat(reader.where()).isEqualTo(Where.AT_END);
    assertThat(reader.data()).hasSize(4).endsWith("[DONE]");
  }

  @Test
  void givenAProcessThatStandsStillBeforeItsFlush_whenItGoesOn_thenTheStoreRefusesAndItEnds() {
    var upstream = begun();
    var frozen = process(0);
    world.arm(world.nodes().getFirst(), Statement.FLUSH, Fate.FROZEN_BEFORE, 0);
    Answers.text(upstream, 0, "said to nobody");

    say(upstream); // the others have taken over when it goes on

    assertThat(world.tally()).containsKeys("FROZEN_BEFORE FLUSH", "taken over");
    world.pass(2_000);
    assertThat(world.nodes().getFirst().process()).isNotEqualTo(frozen);
    var reader = reader(upstream, 1);
    assertThat(reader.where()).isEqualTo(Where.AT_END);
    assertThat(reader.data()).hasSize(2).last().asString().contains("interrupted");
  }

  @Test
  void givenAFlushWhoseAnswerIsLost_whenAnotherTakesOver_thenWhatIsThereIsRead() {
    var upstream = begun();
    world.arm(world.nodes().getFirst(), Statement.FLUSH, Fate.ANSWER_LOST, 0);
    Answers.text(upstream, 0, "kept, and nobody was told");
    say(upstream);
    world.pass(TAKEN_OVER_MS);

    var reader = reader(upstream, 1);

    assertThat(reader.where()).isEqualTo(Where.AT_END);
    assertThat(reader.data()).hasSize(3);
    assertThat(world.store().rows(shard(upstream)).epoch()).isGreaterThan(1);
  }

  @Test
  void givenANodeThatIsStopped_whenItIsStartedAgain_thenItHasItsShardBack() {
    var own = process(0).tenancy().own();
    process(0).stop();
    world.pass(TAKEN_OVER_MS);
    assertThat(world.processes()).hasSize(2).anyMatch(each -> each.answers(own));

    world.start(world.nodes().getFirst());
    world.pass(TAKEN_OVER_MS);

    assertThat(process(0).tenancy().own()).isEqualTo(own);
    assertThat(process(0).answers(own)).isTrue();
  }

  @Test
  void
      givenAnArchiveThatSomebodyElseHasOpened_whenABatchIsRefused_thenTheNodeEnds_andOthersStore() {
    var upstream = begun();
    world.store().rows(shard(upstream)).openArchive(); // as a process does that had stood still
    script(upstream);
    say(upstream);
    var process = process(0);

    world.pass(5_000);

    assertThat(world.nodes().getFirst().process()).isNotEqualTo(process);
    assertThat(world.tally())
        .containsKey("lost: its journal or its archive takes nothing any more");
    world.pass(TAKEN_OVER_MS);
    assertThat(world.ledger(upstream.id())).hasSize(1);
    assertThat(reader(upstream, 1).data()).hasSize(4).endsWith("[DONE]");
  }
}
