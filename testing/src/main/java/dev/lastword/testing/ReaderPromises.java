package dev.lastword.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.stream.Resume;
import dev.lastword.stream.Stream;
import java.util.Arrays;

/** I2, I3, I4, I4p: what readers are given. */
final class ReaderPromises {
  private final Deployment world;
  private final Promises promises;
  private final SavePromises saves;

  ReaderPromises(Deployment world, Promises promises, SavePromises saves) {
    this.world = world;
    this.promises = promises;
    this.saves = saves;
  }

  /** A reader was given an event. */
  void saw(ScriptedSubscriber subscriber, long seq, long epoch, byte[] wire) {
    var upstream = subscriber.upstream();
    var was = promises.of(upstream);
    promises.check(
        seq == subscriber.lastSeq() + 1,
        "I4",
        "%s of %s was given event %d after %d",
        subscriber,
        upstream.id(),
        seq,
        subscriber.lastSeq());
    promises.check(
        was.total() < 0 || seq <= was.total(),
        "I3",
        "%s ended with event %d, and %s was given %d",
        upstream.id(),
        was.total(),
        subscriber,
        seq);
    if (seq > was.length()) {
      was.add(wire, epoch);
      isTheUpstreams(upstream, seq, wire);
      saves.soundsFinal(upstream, seq);
    } else {
      promises.check(
          Arrays.equals(was.wire(seq), wire),
          "I2",
          "%s: event %d is not what others saw",
          upstream.id(),
          seq);
      promises.check(
          was.epoch(seq) == epoch,
          "I4p",
          "%s: event %d had the ID %d-%d and has %d-%d",
          upstream.id(),
          seq,
          was.epoch(seq),
          seq,
          epoch,
          seq);
    }
  }

  /** The events of the upstream in its order, then at most one of ours, which is the last. */
  private void isTheUpstreams(ScriptedUpstream upstream, long seq, byte[] wire) {
    var was = promises.of(upstream);
    if (seq > 1) {
      promises.check(
          isScripted(upstream, seq - 1, was.wire(seq - 1)),
          "I3",
          "%s: event %d comes after our terminal event",
          upstream.id(),
          seq);
    }
    boolean said = seq <= upstream.said() && isScripted(upstream, seq, wire);
    promises.check(
        said || isOurs(upstream, wire),
        "I2",
        "%s: event %d is neither what the upstream said nor a terminal event of ours: %s",
        upstream.id(),
        seq,
        new String(wire, UTF_8));
  }

  static boolean isScripted(ScriptedUpstream upstream, long seq, byte[] wire) {
    var script = upstream.script();
    return seq <= script.size() && Arrays.equals(script.get((int) seq - 1).wire(), wire);
  }

  private static boolean isOurs(ScriptedUpstream upstream, byte[] wire) {
    var text = new String(wire, UTF_8);
    return text.contains("\"error\"")
        || (upstream.dialect().missingTerminal().isPresent() && text.equals("data: [DONE]\n\n"));
  }

  /** A reader comes back with what it saw last. */
  Resume resumes(ScriptedSubscriber subscriber, Stream stream, long epoch, long seq) {
    return resumes(subscriber.upstream(), stream, epoch, seq);
  }

  /** Somebody comes back to a stream with an event that was seen. */
  Resume resumes(ScriptedUpstream upstream, Stream stream, long epoch, long seq) {
    var resume = stream.resume(epoch, seq);
    world.count("resume: " + resume.getClass().getSimpleName());
    boolean atEnd = stream.outcome() != null && stream.view().events() == seq;
    promises.check(
        atEnd ? resume instanceof Resume.AtEnd : resume.equals(new Resume.After(seq)),
        "I4",
        "%s: %d-%d was seen, and a resume gives %s",
        upstream.id(),
        epoch,
        seq,
        resume);
    for (long[] id :
        new long[][] {{epoch + 7, seq}, {epoch, 0}, {epoch, stream.view().events() + 1}}) {
      promises.check(
          stream.resume(id[0], id[1]) instanceof Resume.Unknown,
          "I4",
          "%s: a resume after %d-%d, which never was, is not refused",
          upstream.id(),
          id[0],
          id[1]);
    }
    return resume;
  }

  /** A reader was told that there is nothing more to come. */
  void sawEnd(ScriptedSubscriber subscriber, Stream stream) {
    var upstream = subscriber.upstream();
    var view = stream.view();
    promises.check(view.outcome() != null, "I3", "%s ended without an outcome", upstream.id());
    promises.check(
        subscriber.lastSeq() == view.events(),
        "I4",
        "%s was told the end of %s after event %d of %d",
        subscriber,
        upstream.id(),
        subscriber.lastSeq(),
        view.events());
    promises.told(upstream, view);
    promises.receipts.sawEnd(upstream, view);
  }

  /** A reader was given a notice. */
  void noticed(String code) {
    world.count("notice: " + code);
    promises.check(
        !code.equals("read_failed") || !world.isReadable(),
        "I4",
        "a reader could not read on, though disk and archive are well");
  }
}
