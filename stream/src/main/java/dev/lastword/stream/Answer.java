package dev.lastword.stream;

/** Receives what was asked for, once, on any thread. */
public interface Answer<T> {
  /** The answer. */
  void succeeded(T value);

  /** The disk or the database refused. */
  void failed(RuntimeException cause);
}
