package dev.lastword.stream;

import java.util.concurrent.Executor;

/**
 * One connected reader. It holds no events: it reads them through its {@link Cursor} when it is
 * woken and its socket has room.
 */
public interface Subscriber {
  /**
   * Where this subscriber runs; everything below is called there, and its cursor is used only
   * there.
   */
  Executor executor();

  /**
   * There may be something to read. Must not block; what it throws is logged and closes its cursor.
   */
  void wake();

  /**
   * Something about the connection, not part of the stream: say it without an id and close.
   *
   * @param code such as {@code save_pending}, {@code draining}, {@code journal_failed}
   * @param message one sentence for a person
   */
  void notice(String code, String message);
}
