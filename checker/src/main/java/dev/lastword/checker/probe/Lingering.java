package dev.lastword.checker.probe;

import java.io.IOException;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Connections that outlive the stream that was left on them, as a browser's do: who closed one
 * together with its stream would not show what a server makes of a stream's reset alone. The eldest
 * are closed.
 */
final class Lingering {
  private static final int SOCKETS_MAX = 16;

  private final Deque<Socket> sockets = new ArrayDeque<>();

  synchronized void add(Socket socket) throws IOException {
    sockets.addLast(socket);
    if (sockets.size() > SOCKETS_MAX) {
      sockets.removeFirst().close();
    }
  }
}
