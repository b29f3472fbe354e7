package dev.lastword.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.SocketFactory;

/** Sockets of save hooks, each counted from when it is made until it is closed. */
final class HookSockets extends SocketFactory {
  private final Descriptors descriptors;

  HookSockets(Descriptors descriptors) {
    this.descriptors = descriptors;
  }

  /**
   * A socket that is not connected yet.
   *
   * @throws SocketException if this process may not open another one for its hooks
   */
  @Override
  public Socket createSocket() throws SocketException {
    if (!descriptors.tryOpenForHook()) {
      throw new SocketException("too many open files");
    }
    return new Counted();
  }

  private final class Counted extends Socket {
    private final AtomicBoolean closed = new AtomicBoolean();

    @Override
    public void close() throws IOException {
      if (closed.compareAndSet(false, true)) {
        descriptors.closedByHook();
      }
      super.close();
    }
  }

  @Override
  public Socket createSocket(String host, int port) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
    throw new UnsupportedOperationException();
  }
}
