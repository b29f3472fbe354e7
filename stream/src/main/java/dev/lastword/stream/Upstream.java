package dev.lastword.stream;

/** What a generation asks of the connection that feeds it. Called on the stream's home. */
public interface Upstream {
  /** Stop reading: more is waiting for the disk than the stream may hold. */
  void pause();

  /** Read on. */
  void resume();

  /** Let go of the connection: nothing that it sends matters any more. Called at most once. */
  void abort();
}
