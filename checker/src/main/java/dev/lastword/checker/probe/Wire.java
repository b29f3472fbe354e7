package dev.lastword.checker.probe;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;

/**
 * One connection for one exchange: every byte's arrival is seen, and how it is left is ours to say.
 * Used by one thread at a time.
 */
public abstract sealed class Wire implements AutoCloseable permits Http1Wire, Http2Wire {
  static final int HEAD_BYTES_MAX = 256 * 1024;
  private static final int REPLY_BYTES_MAX = 16 * 1024 * 1024;

  final Socket socket;

  Wire(Socket socket) {
    this.socket = socket;
  }

  /** Sends a request. */
  public abstract void send(Request request) throws IOException;

  /**
   * Reads the head of the response; informational ones are passed over.
   *
   * @throws ProtocolException if the peer speaks another protocol
   * @throws IOException if the peer hangs up
   */
  public abstract Head head() throws IOException;

  /** The body that follows this head. */
  public abstract Body body(Head head, String method);

  /** Sends a request and reads the whole response. */
  public final Reply exchange(Request request) throws IOException {
    send(request);
    var head = head();
    return new Reply(head, whole(body(head, request.method())));
  }

  private static byte[] whole(Body body) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var buffer = new byte[16 * 1024];
    for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
      bytes.write(buffer, 0, n);
      if (bytes.size() > REPLY_BYTES_MAX) {
        throw new IOException("the response is larger than " + REPLY_BYTES_MAX + " bytes");
      }
    }
    return bytes.toByteArray();
  }

  /** How long a read waits for a byte before it gives up. */
  public final void patience(Duration limit) throws IOException {
    socket.setSoTimeout(Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE));
  }

  /**
   * Leaves at once and unasked: over HTTP/1.1 with a reset of the connection, as a crashed program
   * or an unplugged phone's network does; over HTTP/2 with a reset of the stream, as a browser's
   * page does that is closed.
   */
  public abstract void reset() throws IOException;

  /** Leaves as a program does that closes its socket. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
