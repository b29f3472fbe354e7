package dev.lastword.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The bytes of a response, to the journal or to the container. */
final class KeptOutput extends ServletOutputStream {
  private final KeptResponse response;
  private final Connection connection;
  private @Nullable ServletOutputStream passed;

  /** The container's own stream, which is asked for only if it is needed. */
  interface Connection {
    ServletOutputStream open() throws IOException;
  }

  KeptOutput(KeptResponse response, Connection connection) {
    this.response = response;
    this.connection = connection;
  }

  private ServletOutputStream passed() throws IOException {
    if (passed == null) {
      passed = connection.open();
    }
    return passed;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int off, int len) throws IOException {
    var kept = response.decide();
    if (kept == null) {
      passed().write(bytes, off, len);
    } else {
      kept.write(bytes, off, len);
    }
  }

  /** What was written is on its way: the journal waits for nobody. */
  @Override
  public void flush() throws IOException {
    if (response.decide() == null) {
      passed().flush();
    }
  }

  /** The servlet says no more; complete it is once it has completed. */
  @Override
  public void close() throws IOException {
    if (response.decide() == null) {
      passed().close();
    }
  }

  @Override
  public boolean isReady() {
    try {
      return response.decide() != null || passed().isReady();
    } catch (IOException e) {
      return true; // the write that follows says so
    }
  }

  @Override
  public void setWriteListener(WriteListener listener) {
    try {
      if (response.decide() != null) {
        Thread.ofVirtual().name("lastword-writer").start(() -> possible(listener));
      } else {
        passed().setWriteListener(listener);
      }
    } catch (IOException e) {
      listener.onError(e);
    }
  }

  /** Once: it is always ready. */
  private static void possible(WriteListener listener) {
    try {
      listener.onWritePossible();
    } catch (IOException | RuntimeException e) {
      listener.onError(e);
    }
  }
}
