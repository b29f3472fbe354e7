package dev.lastword.testing;

import dev.lastword.stream.Answer;
import dev.lastword.stream.Block;
import dev.lastword.stream.Cursor;
import dev.lastword.stream.Owner;
import dev.lastword.stream.Resume;
import dev.lastword.stream.Stream;
import dev.lastword.stream.Subscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A reader: it connects, reads at its own pace, goes away, and comes back with the last event ID
 * that it saw. Remembers all that it was given.
 */
public final class ScriptedSubscriber {
  private final String name;
  private final ScriptedUpstream upstream;
  private final Promises promises;
  private final List<String> data = new ArrayList<>();
  private final List<String> notices = new ArrayList<>();
  private Pace pace = Pace.EAGER;
  private Where where = Where.AWAY;
  private @Nullable Lane lane;
  private @Nullable Server server;
  private @Nullable Cursor cursor;
  private long lastEpoch;
  private long lastSeq;
  private int connection;

  /** How it reads. */
  public enum Pace {
    /** All there is, whenever it is woken. */
    EAGER,
    /** One block, whenever the world has it read. */
    SLOW,
    /** Nothing, though it is connected. */
    STALLED
  }

  /** Where it stands. */
  public enum Where {
    /** Not connected. */
    AWAY,
    /** Has asked for the stream. */
    ASKING,
    /** Reads. */
    CONNECTED,
    /** Was told that there is nothing more to come. */
    AT_END,
    /** Was told that there is no such stream. */
    NOT_FOUND
  }

  ScriptedSubscriber(String name, ScriptedUpstream upstream, Promises promises) {
    this.name = name;
    this.upstream = upstream;
    this.promises = promises;
  }

  /** Changes how it reads from now on. */
  public void pace(Pace pace) {
    this.pace = pace;
  }

  /** Connects on a lane, with the last event ID that it saw. */
  void connect(Server to, Lane on) {
    where = Where.ASKING;
    lane = on;
    server = to;
    on.execute(new Asking(to, on, ++connection));
  }

  /** A look for the stream, on its way. */
  private final class Asking implements Runnable, Answer<Optional<Stream>> {
    private final Server server;
    private final Lane loop;
    private final int number;
    private boolean announced;
    private boolean deleted;

    Asking(Server server, Lane loop, int number) {
      this.server = server;
      this.loop = loop;
      this.number = number;
    }

    @Override
    public void run() {
      if (!server.answers()) {
        failed(new IllegalStateException("its shard is another's"));
        return;
      }
      announced = upstream.isThere();
      deleted = upstream.isDeleted();
      server.streams().find(Owner.ALL, upstream.id(), this);
    }

    @Override
    public void succeeded(Optional<Stream> found) {
      loop.execute(
          () -> {
            if (number == connection && !server.answers()) {
              leave();
            } else if (number == connection) {
              promises.isFound(upstream, announced, found.isPresent());
              if (deleted) {
                promises.isGone(upstream, found.isPresent());
              }
              found(found, new Connection(number, loop));
            }
          });
    }

    @Override
    public void failed(RuntimeException cause) {
      loop.execute(
          () -> {
            if (number == connection) {
              leave();
            }
          });
    }
  }

  private void found(Optional<Stream> found, Connection over) {
    if (found.isEmpty()) {
      if (upstream.deletion() == ScriptedUpstream.Deletion.ASKED) {
        upstream.deleted(); // nobody was told, perhaps, and it is gone for good
      }
      where = Where.NOT_FOUND;
      return;
    }
    var stream = found.get();
    if (lastSeq == 0) {
      subscribe(stream, 0, over);
      return;
    }
    switch (promises.readers.resumes(this, stream, lastEpoch, lastSeq)) {
      case Resume.After(long seq) -> subscribe(stream, seq, over);
      case Resume.AtEnd end -> {
        where = Where.AT_END;
        promises.readers.sawEnd(this, stream);
      }
      case Resume.Unknown unknown -> where = Where.NOT_FOUND;
    }
  }

  private void subscribe(Stream stream, long after, Connection over) {
    where = Where.CONNECTED;
    cursor = stream.subscribe(over, after);
    wake();
  }

  /**
   * One connection: what a server says over one that its reader has given up is heard by nobody.
   */
  private final class Connection implements Subscriber {
    private final int number;
    private final Lane loop;

    Connection(int number, Lane loop) {
      this.number = number;
      this.loop = loop;
    }

    @Override
    public Executor executor() {
      return loop;
    }

    @Override
    public void wake() {
      if (number == connection) {
        ScriptedSubscriber.this.wake();
      }
    }

    @Override
    public void notice(String code, String message) {
      if (number == connection) {
        noticed(code);
      }
    }
  }

  Executor executor() {
    if (lane == null) {
      throw new IllegalStateException(name + " was never connected");
    }
    return lane;
  }

  /** The process that it is connected to, or has asked last. */
  @Nullable Server server() {
    return server;
  }

  private void wake() {
    switch (pace) {
      case EAGER -> read(Integer.MAX_VALUE);
      case SLOW, STALLED -> {}
    }
  }

  /** Reads so many blocks, on its lane; a stalled reader reads none. */
  void read(int blocksMax) {
    var from = cursor;
    if (from == null || pace == Pace.STALLED) {
      return;
    }
    int left = blocksMax;
    for (var block = from.next(); block != null; block = from.next()) {
      saw(block);
      if (--left == 0) {
        return;
      }
    }
    if (from.status() == Cursor.Status.ENDED) {
      leave();
      where = Where.AT_END;
      promises.readers.sawEnd(this, from.stream());
    }
  }

  private void saw(Block block) {
    var events = block.events();
    for (int i = 0; i < events.count(); i++) {
      long seq = block.firstSeq() + i;
      promises.readers.saw(this, seq, block.epoch(), DurableRecord.wire(events, i));
      lastSeq = seq;
      lastEpoch = block.epoch();
    }
    events.decode().forEach(event -> data.add(event.data()));
  }

  private void noticed(String code) {
    notices.add(code);
    promises.readers.noticed(code);
    leave();
  }

  /** Closes its connection, on its lane. */
  void leave() {
    connection++;
    where = Where.AWAY;
    if (cursor != null) {
      cursor.close();
      cursor = null;
    }
  }

  /** The process at the other end is gone. */
  void disconnected() {
    connection++;
    cursor = null;
    if (where != Where.AT_END) {
      where = Where.AWAY;
    }
  }

  /** Reads it all again, as a page does that was reloaded. */
  void forget() {
    lastSeq = 0;
    lastEpoch = 0;
    data.clear();
  }

  /** Comes back with an older id, as a page does that was put away earlier. */
  void recall(long seq, long epoch) {
    lastSeq = seq;
    lastEpoch = epoch;
    data.clear();
  }

  /** Where it stands. */
  public Where where() {
    return where;
  }

  /** The data of each event that it was given since it last read from the start. */
  public List<String> data() {
    return List.copyOf(data);
  }

  /** The notices that it was given. */
  public List<String> notices() {
    return List.copyOf(notices);
  }

  /** The last event ID that it saw, {@code ""} for none. */
  public String lastEventId() {
    return lastSeq == 0 ? "" : lastEpoch + "-" + lastSeq;
  }

  ScriptedUpstream upstream() {
    return upstream;
  }

  Pace pace() {
    return pace;
  }

  @Nullable Lane lane() {
    return lane;
  }

  long lastSeq() {
    return lastSeq;
  }

  @Override
  public String toString() {
    return name;
  }
}
