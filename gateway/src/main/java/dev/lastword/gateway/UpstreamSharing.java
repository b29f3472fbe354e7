package dev.lastword.gateway;

import io.netty.channel.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/2 connections to one upstream on one loop, which many calls share, and the calls that
 * wait for one. While it is not known whether the upstream speaks HTTP/2 they wait for the first
 * connection, so that a hundred at once do not open a hundred; once it has chosen HTTP/1.1 nobody
 * waits any more.
 */
final class UpstreamSharing {
  private final UpstreamPool pool;
  private final UpstreamConnector connector;
  private final List<UpstreamHttp2> shared = new ArrayList<>(0);
  private final ArrayDeque<UpstreamCall> waiting = new ArrayDeque<>(0);
  private boolean http1;
  private int opening;

  /** Streams that the newest connection takes at once. */
  private int streams = UpstreamHttp2.STREAMS_MAX;

  UpstreamSharing(UpstreamPool pool, UpstreamConnector connector) {
    this.pool = pool;
    this.connector = connector;
  }

  /** Takes a call, or says that it needs a connection of its own. */
  boolean take(UpstreamCall call) {
    if (call.needsHttp1()) {
      return false;
    }
    var found = withRoom();
    if (found != null) {
      pool.lookFirst(() -> begin(found, call));
      return true;
    }
    if (http1) {
      return false;
    }
    seek(call);
    return true;
  }

  /** Whether the upstream has chosen HTTP/1.1. */
  boolean isRefused() {
    return http1;
  }

  /** Has a call wait for another connection than there are. */
  void seek(UpstreamCall call) {
    waiting.add(call);
    open();
  }

  private @Nullable UpstreamHttp2 withRoom() {
    for (var connection : shared) {
      if (connection.hasRoom()) {
        return connection;
      }
    }
    return null;
  }

  private void begin(UpstreamHttp2 on, UpstreamCall call) {
    if (call.isOver()) {
      return;
    }
    if (on.hasRoom()) {
      call.begin(new UpstreamStream(on));
    } else {
      pool.take(call);
    }
  }

  /** As many connections as those that wait will fill. */
  private void open() {
    waiting.removeIf(UpstreamCall::isOver);
    while ((long) opening * streams < waiting.size()) {
      opening++;
      connector.connect(new Opening(), false);
    }
  }

  /** A connection that no waiting call has opened: one that chose HTTP/2 now, and not before. */
  void adopt(UpstreamHttp2 connection, UpstreamCall call) {
    add(connection);
    begin(connection, call);
  }

  private void add(UpstreamHttp2 connection) {
    http1 = false;
    shared.add(connection);
    streams = Math.max(1, connection.streamsMax());
  }

  void forget(UpstreamHttp2 connection) {
    shared.remove(connection);
  }

  /** One connection that is opened for whoever waits when it stands. */
  private final class Opening implements UpstreamConnector.Seeker {
    private boolean told;

    @Override
    public boolean isOver() {
      return waiting.stream().allMatch(UpstreamCall::isOver);
    }

    @Override
    public void connecting(Channel channel) {
      // it goes on for the next call where this one's has gone
    }

    @Override
    public void connected(UpstreamHttp2 connection) {
      if (tell()) {
        add(connection);
        if (!connection.hasRoom()) {
          failAll(UpstreamFailure.REFUSED);
        }
        while (!waiting.isEmpty() && connection.hasRoom()) {
          begin(connection, waiting.remove());
        }
        open();
      }
    }

    @Override
    public void connected(UpstreamConnection connection) {
      if (tell()) {
        http1 = true;
        var calls = new ArrayDeque<>(drain());
        calls.removeIf(UpstreamCall::isOver);
        if (calls.isEmpty()) {
          connection.close();
        } else {
          calls.remove().begin(connection);
        }
        calls.forEach(pool::take);
      }
    }

    @Override
    public void failed(UpstreamFailure failure) {
      if (tell()) {
        failAll(failure);
      }
    }

    private boolean tell() {
      boolean first = !told;
      told = true;
      opening -= first ? 1 : 0;
      return first;
    }
  }

  private List<UpstreamCall> drain() {
    var calls = List.copyOf(waiting);
    waiting.clear();
    return calls;
  }

  private void failAll(UpstreamFailure failure) {
    drain().forEach(call -> call.fail(failure));
  }
}
