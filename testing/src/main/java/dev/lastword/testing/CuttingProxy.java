package dev.lastword.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands between a client and the server, and can stop handing the server's answers on. */
public final class CuttingProxy implements AutoCloseable {
  private final ServerSocket listening;
  private final int serverPort;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile boolean mute;

  /**
   * Listens on a port of its own, on loopback.
   *
   * @param serverPort the server's, on loopback
   */
  public CuttingProxy(int serverPort) throws IOException {
    this.serverPort = serverPort;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  /** Where clients connect to. */
  public int port() {
    return listening.getLocalPort();
  }

  /** From now on answers are swallowed; requests go on. */
  public void mute() {
    mute = true;
  }

  private void accept() throws IOException {
    while (true) {
      var client = listening.accept();
      var server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
      sockets.addAll(List.of(client, server));
      start(() -> pump(client, server, false));
      start(() -> pump(server, client, true));
    }
  }

  private void pump(Socket from, Socket to, boolean answers) throws IOException {
    var bytes = new byte[8192];
    for (int read = from.getInputStream().read(bytes);
        read >= 0;
        read = from.getInputStream().read(bytes)) {
      if (!answers || !mute) {
        to.getOutputStream().write(bytes, 0, read);
      }
    }
    to.close();
  }

  private static void start(Pump pump) {
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                pump.run();
              } catch (IOException e) {
                // a side was closed, as it was to be
              }
            });
  }

  private interface Pump {
    void run() throws IOException;
  }

  @Override
  public void close() {
    cut();
  }

  /** Ends all connections. */
  public void cut() {
    try {
      listening.close();
      for (var socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
