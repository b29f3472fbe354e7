package dev.lastword.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lastword.dialect.Dialect;
import dev.lastword.journal.StreamId;
import dev.lastword.sse.EncodedEvents;
import dev.lastword.sse.SseEvent;
import dev.lastword.stream.Generation;
import dev.lastword.stream.OpenRefusal;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Upstream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One upstream's response: the bytes that it has to say, how far it has said them, and what each of
 * its events means. It is the world's own knowledge of what a reader may be shown.
 */
public final class ScriptedUpstream implements Upstream {
  private final StreamId id;
  private final Dialect dialect;
  private final int choices;
  private final FakeClock clock;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final List<Said> script = new ArrayList<>();
  private final List<Spoken> texts = new ArrayList<>();
  private final BitSet open = new BitSet();
  private Close close = Close.NEVER;
  private String lineEnd = "\n";
  private int fed;
  private boolean closed;
  private boolean heardToTheEnd;
  private boolean paused;
  private int aborts;
  private boolean disconnected;
  private boolean overtaken;
  private boolean oversize;
  private boolean disturbed;
  private long openedNanos;
  private long lastFedNanos;
  private long longestSilenceNanos;
  private @Nullable Lane home;
  private @Nullable Generation generation;
  private @Nullable Stream stream;
  private @Nullable OpenRefusal refusal;
  private Deletion deletion = Deletion.NONE;
  private int deletionsAsked;

  /** Where its stream's deletion stands. */
  enum Deletion {
    /** Nobody has asked for it. */
    NONE,
    /** Somebody has: from now on it may be there or not. */
    ASKED,
    /** It was answered, or seen: it is gone for ever. */
    DONE
  }

  /** What an event means. */
  enum Meaning {
    CONTENT,
    ENDING,
    TAIL,
    TERMINAL,
    ERROR
  }

  /** How the body ends. */
  enum Close {
    CLEAN,
    RESET,
    NEVER
  }

  /**
   * One event of the script.
   *
   * @param wire as readers are to receive it
   * @param end how many bytes of the body a parser needs to dispatch it
   */
  @SuppressWarnings("ArrayRecordComponent") // written once and never compared
  record Said(byte[] wire, Meaning meaning, int end) {}

  /** A piece of what a person reads, and the place in the script of the event that brings it. */
  private record Spoken(int at, String text) {}

  ScriptedUpstream(StreamId id, Dialect dialect, int choices, FakeClock clock) {
    this.id = id;
    this.dialect = dialect;
    this.choices = choices;
    this.clock = clock;
    open.set(0, choices);
  }

  // What it has to say.

  void lineEnd(String lineEnd) {
    this.lineEnd = lineEnd;
  }

  /** Adds an event to the script. */
  void script(SseEvent event, Meaning meaning) {
    var text = new StringBuilder();
    if (event.typeBytes().length > 0) {
      text.append("event:").append(event.type()).append(lineEnd);
    }
    for (var line : event.data().split("\n", -1)) {
      text.append("data: ").append(line).append(lineEnd);
    }
    body.writeBytes(text.toString().getBytes(UTF_8));
    int end = body.size() + 1;
    body.writeBytes(lineEnd.getBytes(UTF_8));
    script.add(new Said(EncodedEvents.of(List.of(event)).wire(), meaning, end));
  }

  /** Adds bytes to the body that are no event, or none yet. */
  void scriptRaw(String bytes) {
    body.writeBytes(bytes.getBytes(UTF_8));
  }

  /** A choice says something in the next event of the script. */
  void opens(int choice) {
    open.set(choice);
  }

  /** A choice finishes with the next event of the script. */
  void finishes(int choice) {
    open.clear(choice);
  }

  /** Whether no choice of the script so far is open. */
  boolean isFinished() {
    return open.isEmpty();
  }

  /** Notes what a person reads in the next event of the script: the text of the first choice. */
  void scriptText(String more) {
    texts.add(new Spoken(script.size(), more));
  }

  /** Adds bytes that are no event: a comment, a retry field, half an event. */
  void scriptNoise(String bytes) {
    body.writeBytes(bytes.getBytes(UTF_8));
  }

  void scriptClose(Close close) {
    this.close = close;
  }

  // What it says.

  /** Says so many bytes more, on the stream's home; what is left unsaid is said later. */
  void say(int bytes) {
    var to = generation;
    int more = Math.min(bytes, unsaid());
    if (to == null || more == 0 || paused) {
      return;
    }
    if (aborts > 0) {
      sayUnheard();
      return;
    }
    longestSilenceNanos = Math.max(longestSilenceNanos, clock.nanoTime() - lastFedNanos);
    lastFedNanos = clock.nanoTime();
    int from = fed;
    fed += more;
    to.feed(ByteBuffer.wrap(body.toByteArray(), from, more));
  }

  /** A read that was under way when it was let go. */
  void sayUnheard() {
    var to = generation;
    if (to != null && aborts > 0 && unsaid() > 0) {
      to.feed(ByteBuffer.wrap(body.toByteArray(), fed, unsaid()));
    }
  }

  /** Ends its body as the script has it, once everything is said. */
  void end() {
    var to = generation;
    if (to != null && unsaid() == 0 && !closed && !paused && close != Close.NEVER) {
      closed = true;
      heardToTheEnd = aborts == 0;
      to.endOfBody(close == Close.CLEAN);
    }
  }

  int unsaid() {
    return body.size() - fed;
  }

  boolean mayGoOn() {
    return generation != null
        && refusal == null
        && !paused
        && aborts == 0
        && !disconnected
        && (unsaid() > 0 || (!closed && close != Close.NEVER));
  }

  void opening(Lane on) {
    home = on;
    openedNanos = clock.nanoTime();
    lastFedNanos = openedNanos;
  }

  void running(Generation by) {
    generation = by;
  }

  void announced(Stream as) {
    stream = as;
  }

  void refused(OpenRefusal why) {
    refusal = why;
  }

  void oversize() {
    oversize = true;
  }

  /** Something other than the script may decide how it ends: a cancel, a crash, a full disk. */
  void disturbed() {
    disturbed = true;
  }

  Deletion deletion() {
    return deletion;
  }

  void askedToDelete() {
    deletionsAsked++;
    if (deletion == Deletion.NONE) {
      deletion = Deletion.ASKED;
    }
  }

  /** One who asked was told that nothing came of it. */
  void notDeleted() {
    if (--deletionsAsked == 0 && deletion == Deletion.ASKED) {
      deletion = Deletion.NONE;
    }
  }

  void deleted() {
    deletion = Deletion.DONE;
  }

  /** Whether whoever looks for its stream has to find it. */
  boolean isThere() {
    return stream != null && deletion == Deletion.NONE;
  }

  boolean isDeleted() {
    return deletion == Deletion.DONE;
  }

  /** The process that read it is gone, and the connection with it. */
  void disconnected() {
    generation = null;
    disconnected = true;
    disturbed = true;
  }

  /** Another process has its stream's shard, and has read what was written until now. */
  void overtaken() {
    overtaken = true;
    disturbed = true;
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
  }

  @Override
  public void abort() {
    aborts++;
  }

  // What there is to know of it.

  /** The id of its stream. */
  public StreamId id() {
    return id;
  }

  Dialect dialect() {
    return dialect;
  }

  int choices() {
    return choices;
  }

  List<Said> script() {
    return script;
  }

  @Nullable Lane home() {
    return home;
  }

  /** The stream, once its id was given out. */
  public @Nullable Stream stream() {
    return stream;
  }

  boolean isAnnounced() {
    return stream != null;
  }

  boolean isDisturbed() {
    return disturbed;
  }

  /** Whether the engine reads it no more. */
  public boolean isAborted() {
    return aborts > 0;
  }

  int aborts() {
    return aborts;
  }

  /** Whether the engine has asked it to wait. */
  public boolean isPaused() {
    return paused;
  }

  /** Why its stream was not opened, or null if it was or nothing is known yet. */
  public @Nullable OpenRefusal refusal() {
    return refusal;
  }

  /** What a person reads of the answer as far as it was said. */
  String text() {
    int end = end(said()).at();
    var text = new StringBuilder();
    texts.stream().filter(each -> each.at() < end).forEach(each -> text.append(each.text()));
    return text.toString();
  }

  boolean isOversize() {
    return oversize;
  }

  boolean wasClosed() {
    return closed;
  }

  Close close() {
    return close;
  }

  /** Bytes of the body that were said. */
  int fed() {
    return fed;
  }

  /** Events that a parser has been given. */
  int said() {
    int count = 0;
    while (count < script.size() && script.get(count).end() <= fed) {
      count++;
    }
    return count;
  }

  /**
   * What so much of the script comes to.
   *
   * @param at number of events that belong to the answer
   * @param ending place of the event from which on all sounds like success, or -1
   */
  private record Reached(int at, int ending) {}

  /**
   * The rule of the contract, read from the script: content withdraws an ending, an ending that
   * comes again in place of another is good for nothing but a clean end of the body.
   */
  private Reached end(int said) {
    int ending = -1;
    boolean doubtful = false;
    for (int i = 0; i < said; i++) {
      switch (script.get(i).meaning()) {
        case CONTENT -> ending = -1;
        case ENDING -> {
          doubtful = ending >= 0;
          ending = i;
        }
        case TAIL -> {}
        case TERMINAL -> {
          return new Reached(i + 1, ending < 0 ? i : ending);
        }
        case ERROR -> {
          return new Reached(i, doubtful ? -1 : ending);
        }
      }
    }
    boolean cleanly = heardToTheEnd && close == Close.CLEAN;
    return new Reached(said, doubtful && !cleanly ? -1 : ending);
  }

  /** How many events belong to the answer, as far as it was said. */
  int answerLength() {
    return end(said()).at();
  }

  /**
   * Place in the script of the first event that sounds like success, as far as it was said, or -1.
   */
  int endingAt() {
    return end(said()).ending();
  }

  /** Whether the process that read it died, or was overtaken, before it had said everything. */
  boolean wasCutOff() {
    return disconnected || overtaken;
  }

  /** Whether an ending stood at any moment: a process that dies may have kept no more than that. */
  private boolean hasSoundedFinal() {
    for (int i = 1; i <= said(); i++) {
      if (end(i).ending() >= 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether it has said that the answer is complete. */
  boolean saidSuccess() {
    return endingAt() >= 0
        || (wasCutOff() && hasSoundedFinal())
        || (closed
            && close == Close.CLEAN
            && script.stream().noneMatch(each -> each.meaning() == Meaning.ERROR)
            && dialect.missingTerminal().isEmpty());
  }

  long longestSilenceMs() {
    return Math.max(longestSilenceNanos, clock.nanoTime() - lastFedNanos) / 1_000_000;
  }

  long ageMs() {
    return (clock.nanoTime() - openedNanos) / 1_000_000;
  }
}
